package tree

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// Warning is something that was taken although it is probably a mistake.
type Warning struct {
	Line int
	Text string
}

// ParseYAML reads one YAML document. Plain scalars mean what they mean to Helm and
// kubectl (YAML 1.1: "yes" and "on" are booleans); anchors, aliases and merge keys
// work, and an alias shares the anchor's tree; of equal keys the last counts, with
// a warning. An empty document is null. Errors name the line and no content.
func ParseYAML(data []byte) (Value, []Warning, error) {
	if !utf8.Valid(data) {
		return Value{}, nil, errors.New("is not valid UTF-8")
	}
	d := yaml.NewDecoder(bytes.NewReader(data))
	var doc yaml.Node
	if err := decode(d, &doc); errors.Is(err, io.EOF) {
		return NewNull(), nil, nil
	} else if err != nil {
		return Value{}, nil, safeYAMLError(err)
	}
	var second yaml.Node
	if err := decode(d, &second); !errors.Is(err, io.EOF) && (err != nil || !emptyDocument(&second)) {
		return Value{}, nil, errors.New("holds more than one YAML document")
	}
	r := yamlReader{anchors: map[*yaml.Node]Value{}}
	v, err := r.value(&doc, 0)
	if err == nil {
		err = v.Check()
	}
	return v, r.warnings, err
}

// decode fences the parser, which reports some broken documents by a panic.
func decode(d *yaml.Decoder, n *yaml.Node) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = errors.New("yaml: cannot be read")
		}
	}()
	return d.Decode(n)
}

var yamlLine = regexp.MustCompile(`line (\d+)`)

// safeYAMLError keeps the line, which the parser leaves out for the first, and its
// constant sentences; some quote a name, which could be anything.
func safeYAMLError(err error) error {
	text, line := strings.TrimPrefix(err.Error(), "yaml: "), "1"
	if strings.HasPrefix(text, "unknown anchor") {
		return errors.New("is not YAML: an alias names an unknown anchor")
	}
	if m := yamlLine.FindStringSubmatch(text); m != nil {
		line = m[1]
		_, text, _ = strings.Cut(text, ": ")
	}
	if strings.ContainsAny(text, "'`\"") && !strings.HasPrefix(text, "did not find expected") {
		return fmt.Errorf("is not YAML: line %s", line)
	}
	return fmt.Errorf("is not YAML: line %s: %s", line, text)
}

func emptyDocument(n *yaml.Node) bool {
	return len(n.Content) == 0 || n.Content[0].Kind == yaml.ScalarNode && n.Content[0].Tag == "!!null"
}

type yamlReader struct {
	anchors  map[*yaml.Node]Value
	open     []*yaml.Node // anchors being read, to refuse cycles
	warnings []Warning
}

func (r *yamlReader) value(n *yaml.Node, depth int) (v Value, err error) {
	if depth > MaxHeight {
		return Value{}, atLine(n, ErrTooDeep)
	}
	if n.Anchor != "" && n.Kind != yaml.AliasNode {
		r.open = append(r.open, n)
		defer func() {
			r.open = r.open[:len(r.open)-1]
			r.anchors[n] = v
		}()
	}
	switch n.Kind {
	case yaml.DocumentNode:
		return r.value(n.Content[0], depth)
	case yaml.AliasNode:
		return r.alias(n)
	case yaml.ScalarNode:
		v, err := scalar(n)
		if err != nil {
			return Value{}, atLine(n, err)
		}
		return v, nil
	case yaml.SequenceNode:
		items := make([]Value, len(n.Content))
		for i, c := range n.Content {
			if items[i], err = r.value(c, depth+1); err != nil {
				return Value{}, err
			}
		}
		return NewList(items), nil
	default:
		return r.mapping(n, depth)
	}
}

func (r *yamlReader) alias(n *yaml.Node) (Value, error) {
	if slices.Contains(r.open, n.Alias) {
		return Value{}, atLine(n, errors.New("an alias refers to what it is part of"))
	}
	v, ok := r.anchors[n.Alias]
	if !ok {
		return Value{}, atLine(n, errors.New("an alias names an unknown anchor"))
	}
	if err := v.Check(); err != nil {
		return Value{}, atLine(n, err)
	}
	return v, nil
}

func (r *yamlReader) mapping(n *yaml.Node, depth int) (Value, error) {
	entries := make([]Entry, 0, len(n.Content)/2)
	seen := make(map[string]bool, len(n.Content)/2)
	var merged Value
	for i := 0; i+1 < len(n.Content); i += 2 {
		k, c := n.Content[i], n.Content[i+1]
		v, err := r.value(c, depth+1)
		if err != nil {
			return Value{}, err
		}
		if isMerge(k) {
			if merged, err = mergeKey(merged, v); err != nil {
				return Value{}, atLine(k, err)
			}
			continue
		}
		key, err := r.key(k)
		if err != nil {
			return Value{}, atLine(k, err)
		}
		if seen[key] {
			r.warnings = append(r.warnings, Warning{k.Line, "a key is given twice, the last one counts"})
		}
		seen[key] = true
		entries = append(entries, Entry{key, v})
	}
	for _, e := range merged.All() {
		if !seen[e.Key] {
			entries = append(entries, e)
		}
	}
	return NewMap(entries), nil
}

func isMerge(k *yaml.Node) bool {
	return k.Kind == yaml.ScalarNode && k.Value == "<<" && (k.Tag == "!!merge" || k.Tag == "" && k.Style == 0)
}

// mergeKey adds the maps of a merge key; what is there already wins.
func mergeKey(have, v Value) (Value, error) {
	add := []Value{v}
	if v.Kind() == List {
		add = add[:0]
		for _, c := range v.Items() {
			add = append(add, c)
		}
	}
	for _, m := range add {
		if m.Kind() != Map {
			return Value{}, errors.New("a merge key needs a map or a list of maps")
		}
		if !have.Exists() {
			have = m
			continue
		}
		for _, e := range m.All() {
			if _, ok := have.Child(e.Key); !ok {
				have = have.With(e.Key, e.Value)
			}
		}
	}
	return have, nil
}

func (r *yamlReader) key(k *yaml.Node) (string, error) {
	v, err := r.value(k, MaxHeight-1)
	if err != nil {
		return "", err
	}
	switch v.Kind() {
	case String, Bool, Number:
		return v.Text(), nil
	default:
		return "", errors.New("a key must be a string")
	}
}

func scalar(n *yaml.Node) (Value, error) {
	if n.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle|yaml.LiteralStyle|yaml.FoldedStyle) != 0 && n.Style&yaml.TaggedStyle == 0 {
		return NewString(n.Value), nil
	}
	tag := ""
	if n.Style&yaml.TaggedStyle != 0 {
		tag = n.ShortTag()
	}
	switch tag {
	case "", "!!int", "!!float", "!!bool", "!!null":
		return plain(tag, n.Value)
	case "!!binary":
		b, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(n.Value), ""))
		if err != nil || !utf8.Valid(b) {
			return Value{}, errors.New("binary data is not base64 of text")
		}
		return NewString(string(b)), nil
	default:
		return NewString(n.Value), nil
	}
}

// plain resolves an unquoted scalar by the rules of YAML 1.1.
func plain(tag, s string) (Value, error) {
	var v Value
	switch s {
	case "", "~", "null", "Null", "NULL":
		v = NewNull()
	case "y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON":
		v = NewBool(true)
	case "n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF":
		v = NewBool(false)
	case ".nan", ".NaN", ".NAN", ".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF", "-.inf", "-.Inf", "-.INF":
		return Value{}, errors.New("is NaN or infinite, which JSON cannot hold; quote it if it is a text")
	default:
		n, isNumber, err := yamlNumber(s)
		switch {
		case err != nil:
			return Value{}, err
		case !isNumber:
			v = NewString(s)
		case tag == "!!float" && n.IsInteger():
			return NewNumber(n.text + ".0")
		default:
			v = n
		}
	}
	if want := map[string]Kind{"!!int": Number, "!!float": Number, "!!bool": Bool, "!!null": Null}[tag]; tag != "" && v.kind != want {
		return Value{}, fmt.Errorf("is not what its tag %s says", tag)
	}
	return v, nil
}

var yamlFloat = regexp.MustCompile(`^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$`)

// yamlNumber reads decimal, 0x, 0b, 0o and leading-zero octal integers, with
// underscores, and decimal floats.
func yamlNumber(s string) (v Value, is bool, err error) {
	if c := s[0]; c != '+' && c != '-' && c != '.' && (c < '0' || c > '9') {
		return Value{}, false, nil
	}
	digits := s
	if s[0] != '.' {
		digits = strings.ReplaceAll(s, "_", "")
	}
	if i, err := strconv.ParseInt(digits, 0, 64); err == nil {
		return NewInt(i), true, nil
	}
	if u, err := strconv.ParseUint(digits, 0, 64); err == nil {
		return NewUint(u), true, nil
	}
	if !yamlFloat.MatchString(digits) {
		return Value{}, false, nil
	}
	v, err = NewNumber(digits)
	return v, true, err
}

func atLine(n *yaml.Node, err error) error { return fmt.Errorf("line %d: %w", n.Line, err) }

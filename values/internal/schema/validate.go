package schema

import (
	"fmt"
	"math/big"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/addonkit/addonkit/values/internal/tree"
)

// Violation is one way in which values do not fit.
type Violation struct {
	Pointer, File, Schema, Rule, Message string
}

// maxViolations bounds a report.
const maxViolations = 100

// Validate reports how v does not fit; at is v's own pointer. In the helm role what
// x-required-for-helm names is required too. Rules about the old value are asked where
// old has something.
func (n *Node) Validate(v, old tree.Value, at string, helm bool) []Violation {
	c := check{root: at, helm: helm}
	c.value(n, v, old)
	return c.found
}

type check struct {
	root  string
	helm  bool
	path  []token // from the root to the value that is looked at
	found []Violation
}

// token is a step of a path: a key, or an index when it is not negative.
type token struct {
	key   string
	index int
}

func key(name string) token { return token{name, -1} }

func (c *check) down(t token) { c.path = append(c.path, t) }
func (c *check) up()          { c.path = c.path[:len(c.path)-1] }

func (c *check) value(n *Node, v, old tree.Value) {
	if len(c.found) >= maxViolations {
		return
	}
	proof := n.proof(c.helm)
	if v.Proved(proof) && (!n.transitions || !old.Exists() || old.Same(v)) {
		return
	}
	before := len(c.found)
	c.kind(n, v)
	if len(c.found) == before {
		switch v.Kind() {
		case tree.Number:
			c.number(n, v)
		case tree.String:
			c.text(n, v)
		case tree.List:
			c.list(n, v, old)
		case tree.Map:
			c.object(n, v, old)
		}
		c.combined(n, v, old)
	}
	if len(c.found) == before {
		c.rules(n, v, old)
	}
	if len(c.found) == before && v.IsContainer() {
		v.Prove(proof)
	}
}

func (c *check) kind(n *Node, v tree.Value) {
	if v.Kind() == tree.Null && n.nullable {
		return
	}
	if len(n.types) > 0 && !slices.ContainsFunc(n.types, func(t string) bool { return isType(v, t) }) {
		c.fail(n, "type", "must be of type %s, and is %s", strings.Join(n.types, " or "), v.Kind())
		return
	}
	if n.enum != nil && !slices.ContainsFunc(n.enum, v.Equal) && !slices.ContainsFunc(n.enum, func(e tree.Value) bool { return tree.SameNumber(e, v) }) {
		c.fail(n, "enum", "must be one of the values that the schema lists")
	}
}

func isType(v tree.Value, name string) bool {
	if name == "integer" {
		return v.IsInteger() || v.Kind() == tree.Number && strings.HasSuffix(v.Text(), ".0")
	}
	return v.Kind().String() == name
}

func (c *check) number(n *Node, v tree.Value) {
	if n.format == "int32" || n.format == "int64" {
		bits := map[string]int{"int32": 32, "int64": 64}[n.format]
		if _, err := strconv.ParseInt(v.Text(), 10, bits); err != nil && v.IsInteger() {
			c.fail(n, "format", "must fit in %d bits", bits)
		}
	}
	if n.minimum == nil && n.maximum == nil && n.multipleOf == nil {
		return
	}
	x, ok := rational(v)
	if !ok {
		c.fail(n, "minimum", "must be a number of ordinary size")
		return
	}
	if n.minimum != nil && (x.Cmp(n.minimum) < 0 || n.exclusiveMinimum && x.Cmp(n.minimum) == 0) {
		c.fail(n, "minimum", "must be %s %s", map[bool]string{false: "at least", true: "above"}[n.exclusiveMinimum], n.minimum.RatString())
	}
	if n.maximum != nil && (x.Cmp(n.maximum) > 0 || n.exclusiveMaximum && x.Cmp(n.maximum) == 0) {
		c.fail(n, "maximum", "must be %s %s", map[bool]string{false: "at most", true: "below"}[n.exclusiveMaximum], n.maximum.RatString())
	}
	if n.multipleOf != nil && !new(big.Rat).Quo(x, n.multipleOf).IsInt() {
		c.fail(n, "multipleOf", "must be a multiple of %s", n.multipleOf.RatString())
	}
}

func (c *check) text(n *Node, v tree.Value) {
	if n.minLength > 0 || n.maxLength >= 0 {
		length := utf8.RuneCountInString(v.Text())
		if length < n.minLength {
			c.fail(n, "minLength", "must have at least %d characters", n.minLength)
		}
		if n.maxLength >= 0 && length > n.maxLength {
			c.fail(n, "maxLength", "must have at most %d characters", n.maxLength)
		}
	}
	if n.pattern != nil && !n.pattern.MatchString(v.Text()) {
		c.fail(n, "pattern", "must match %s", n.pattern)
	}
	if n.format != "" && !hasFormat(n.format, v.Text()) {
		c.fail(n, "format", "must be a %s", n.format)
	}
}

func (c *check) list(n *Node, v, old tree.Value) {
	if v.Len() < n.minItems {
		c.fail(n, "minItems", "must have at least %d items", n.minItems)
	}
	if n.maxItems >= 0 && v.Len() > n.maxItems {
		c.fail(n, "maxItems", "must have at most %d items", n.maxItems)
	}
	if n.uniqueItems {
		seen := make(map[tree.Digest]bool, v.Len())
		for i, item := range v.Items() {
			d := item.Digest()
			if seen[d] {
				c.failBelow(n, token{index: i}, "uniqueItems", "must not be there twice")
			}
			seen[d] = true
		}
	}
	if n.items == nil {
		return
	}
	for i, item := range v.Items() {
		var before tree.Value
		if i < old.Len() && old.Kind() == tree.List {
			before = old.At(i)
		}
		c.down(token{index: i})
		c.value(n.items, item, before)
		c.up()
	}
}

func (c *check) object(n *Node, v, old tree.Value) {
	for _, name := range n.required {
		c.require(n, v, name, "required")
	}
	if c.helm {
		for _, name := range n.forHelm {
			c.require(n, v, name, "x-required-for-helm")
		}
	}
	if v.Len() < n.minProps {
		c.fail(n, "minProperties", "must have at least %d keys", n.minProps)
	}
	if n.maxProps >= 0 && v.Len() > n.maxProps {
		c.fail(n, "maxProperties", "must have at most %d keys", n.maxProps)
	}
	if len(n.properties) == 0 && len(n.patterns) == 0 && n.additional == nil && !n.closed {
		return
	}
	proof := n.proof(c.helm)
	for part := range v.Parts() {
		if part.Proved(proof) && (!n.transitions || !old.Exists()) {
			continue
		}
		wrong := len(c.found)
		for _, e := range part.Entries() {
			var before tree.Value
			if old.Kind() == tree.Map {
				before, _ = old.Child(e.Key)
			}
			c.down(key(e.Key))
			c.entry(n, e, before)
			c.up()
		}
		if len(c.found) == wrong {
			part.Prove(proof)
		}
	}
}

func (c *check) require(n *Node, v tree.Value, name, rule string) {
	if _, ok := v.Child(name); !ok {
		c.failBelow(n, key(name), rule, "is required")
	}
}

func (c *check) entry(n *Node, e tree.Entry, old tree.Value) {
	p, known := n.properties[e.Key]
	if known {
		c.value(p, e.Value, old)
	}
	for _, pattern := range n.patterns {
		if pattern.re.MatchString(e.Key) {
			known = true
			c.value(pattern.node, e.Value, old)
		}
	}
	switch {
	case known:
	case n.additional != nil:
		c.value(n.additional, e.Value, old)
	case n.closed:
		message := "is not known to the schema"
		if near := nearest(e.Key, n.names); near != "" {
			message += fmt.Sprintf("; did you mean %q?", near)
		}
		c.fail(n, "additionalProperties", "%s", message)
	}
}

func (c *check) combined(n *Node, v, old tree.Value) {
	for _, s := range n.allOf {
		c.value(s, v, old)
	}
	if len(n.anyOf) > 0 && c.fitting(n.anyOf, v, old, 1) == 0 {
		c.fail(n, "anyOf", "fits none of the %d alternatives", len(n.anyOf))
	}
	if len(n.oneOf) > 0 {
		switch c.fitting(n.oneOf, v, old, 2) {
		case 0:
			c.fail(n, "oneOf", "fits none of the %d alternatives", len(n.oneOf))
		case 2:
			c.fail(n, "oneOf", "fits more than one of the %d alternatives", len(n.oneOf))
		}
	}
	if n.not != nil && c.fitting([]*Node{n.not}, v, old, 1) == 1 {
		c.fail(n, "not", "must not fit what the schema excludes")
	}
}

// fitting counts the schemas that v fits, up to enough.
func (c *check) fitting(schemas []*Node, v, old tree.Value, enough int) (fit int) {
	for _, s := range schemas {
		trial := check{helm: c.helm}
		if trial.value(s, v, old); len(trial.found) == 0 {
			if fit++; fit == enough {
				return fit
			}
		}
	}
	return fit
}

func (c *check) failBelow(n *Node, t token, rule, message string) {
	c.down(t)
	c.fail(n, rule, "%s", message)
	c.up()
}

func (c *check) fail(n *Node, rule, format string, args ...any) {
	if len(c.found) >= maxViolations {
		return
	}
	c.found = append(c.found, Violation{
		Pointer: c.pointer(), File: n.file, Schema: n.at + "/" + rule, Rule: rule, Message: fmt.Sprintf(format, args...),
	})
}

func (c *check) pointer() string {
	p := c.root
	for _, t := range c.path {
		if t.index >= 0 {
			t.key = strconv.Itoa(t.index)
		}
		p = tree.Join(p, t.key)
	}
	return p
}

// rational returns the exact value of a number whose exponent is ordinary.
func rational(v tree.Value) (*big.Rat, bool) {
	if v.Kind() != tree.Number {
		return nil, false
	}
	if _, exponent, scaled := strings.Cut(v.Text(), "e"); scaled {
		if e, err := strconv.Atoi(exponent); err != nil || e > 400 || e < -400 {
			return nil, false
		}
	}
	return new(big.Rat).SetString(v.Text())
}

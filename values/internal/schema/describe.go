package schema

import (
	"fmt"
	"math/big"
	"slices"
	"strings"

	"github.com/addonkit/addonkit/values/internal/tree"
)

// Setting is one line of a schema's documentation.
type Setting struct {
	Path        string // "/ports/*/name": "*" is any item or key
	Type        string
	Default     string // as JSON, "" for none
	Constraints []string
	Description string
	Required    bool
}

// Describe lists what the schema says of every value below it, in the order of their
// paths. A reference to a schema that it is part of is listed once and not entered.
func (n *Node) Describe() []Setting {
	d := describer{}
	d.below(n, "")
	return d.out
}

type describer struct {
	open []*Node
	out  []Setting
}

const maxSettings = 10_000

func (d *describer) below(n *Node, at string) {
	if slices.Contains(d.open, n) || len(d.out) > maxSettings {
		return
	}
	d.open = append(d.open, n)
	defer func() { d.open = d.open[:len(d.open)-1] }()
	for _, name := range n.names {
		d.one(n.properties[name], tree.Join(at, name), slices.Contains(n.required, name))
	}
	for _, p := range n.patterns {
		d.one(p.node, at+"/"+p.re.String(), false)
	}
	if n.additional != nil {
		d.one(n.additional, at+"/*", false)
	}
	if n.items != nil {
		d.one(n.items, at+"/*", false)
	}
	for _, c := range n.allOf {
		d.below(c, at)
	}
}

func (d *describer) one(n *Node, at string, required bool) {
	s := Setting{Path: at, Type: n.typeName(), Constraints: n.constraints(), Description: n.Description, Required: required}
	if s.Description == "" {
		s.Description = n.Title
	}
	switch {
	case n.Default.Exists() && n.Sensitive:
		s.Default = Masked
	case n.Default.Exists():
		s.Default = string(n.Default.JSON())
	}
	d.out = append(d.out, s)
	d.below(n, at)
}

func (n *Node) typeName() string {
	name := strings.Join(n.types, " or ")
	if name == "" {
		name = "any"
	}
	if n.nullable {
		name += " or null"
	}
	return name
}

func (n *Node) constraints() (out []string) {
	add := func(format string, args ...any) { out = append(out, fmt.Sprintf(format, args...)) }
	bound := func(r *big.Rat, closed, open string, exclusive bool) {
		if r == nil {
			return
		}
		if exclusive {
			closed = open
		}
		add("%s %s", closed, decimalOf(r))
	}
	if len(n.enum) > 0 && !n.Sensitive {
		values := make([]string, len(n.enum))
		for i, v := range n.enum {
			values[i] = string(v.JSON())
		}
		add("one of %s", strings.Join(values, ", "))
	}
	bound(n.minimum, "≥", ">", n.exclusiveMinimum)
	bound(n.maximum, "≤", "<", n.exclusiveMaximum)
	bound(n.multipleOf, "multiple of", "", false)
	span := func(low, high int, what string) {
		switch {
		case low > 0 && high >= 0:
			add("%d to %d %s", low, high, what)
		case low > 0:
			add("at least %d %s", low, what)
		case high >= 0:
			add("at most %d %s", high, what)
		}
	}
	span(n.minLength, n.maxLength, "characters")
	span(n.minItems, n.maxItems, "items")
	span(n.minProps, n.maxProps, "keys")
	if n.pattern != nil {
		add("matches %s", n.pattern)
	}
	if n.format != "" {
		add("a %s", n.format)
	}
	if n.uniqueItems {
		add("no item twice")
	}
	for _, r := range n.rules {
		add("%s", r.text)
	}
	if n.Sensitive {
		add("sensitive")
	}
	return out
}

func decimalOf(r *big.Rat) string {
	if s := r.FloatString(6); r.IsInt() || strings.TrimRight(s, "0") == "" {
		return r.RatString()
	}
	return strings.TrimRight(strings.TrimRight(r.FloatString(6), "0"), ".")
}

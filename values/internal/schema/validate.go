package schema

import (
	"fmt"
	"strconv"

	"github.com/addonkit/addonkit/internal/nearest"
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
		if near := nearest.Name(e.Key, n.names); near != "" {
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

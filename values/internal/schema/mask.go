package schema

import "github.com/addonkit/addonkit/values/internal/tree"

// Masked is what stands for a value that is not to be seen.
const Masked = "(sensitive)"

// Mask returns the values with everything that a schema calls sensitive replaced. Where
// alternatives disagree, one that says so is enough.
func (n *Node) Mask(v tree.Value) tree.Value {
	if n == nil || !n.masks || !v.Exists() {
		return v
	}
	if n.Sensitive {
		return tree.NewString(Masked).WithOrigin(v.Origin())
	}
	switch v.Kind() {
	case tree.Map:
		for _, e := range v.All() {
			if fresh := n.maskEntry(e); !fresh.Same(e.Value) {
				v = v.With(e.Key, fresh)
			}
		}
	case tree.List:
		for i, item := range v.Items() {
			if fresh := n.items.Mask(item); !fresh.Same(item) {
				v = v.Put(i, fresh)
			}
		}
	}
	for _, list := range [][]*Node{n.allOf, n.anyOf, n.oneOf} {
		for _, c := range list {
			v = c.Mask(v)
		}
	}
	return v
}

func (n *Node) maskEntry(e tree.Entry) tree.Value {
	p, known := n.properties[e.Key]
	v := p.Mask(e.Value)
	for _, pattern := range n.patterns {
		if pattern.re.MatchString(e.Key) {
			known = true
			v = pattern.node.Mask(v)
		}
	}
	if !known {
		v = n.additional.Mask(v)
	}
	return v
}

package schema

import (
	"errors"

	"github.com/addonkit/addonkit/values/internal/tree"
)

// ErrEndlessDefaults says that defaults bring forth defaults without end.
var ErrEndlessDefaults = errors.New("the schema's defaults bring forth more than 100000 values; look for a default below a reference to its own schema")

// Fill puts defaults where nothing is, through properties and items. A map that is
// missing is made only if it has a default itself. What is there, null too, stays.
func (n *Node) Fill(v tree.Value, origin *tree.Origin) (tree.Value, error) {
	f := filler{origin: origin, left: 100_000}
	v = f.fill(n, v, 0)
	if f.left < 0 {
		return tree.Value{}, ErrEndlessDefaults
	}
	return v, nil
}

type filler struct {
	origin *tree.Origin
	left   int
}

func (f *filler) fill(n *Node, v tree.Value, depth int) tree.Value {
	if depth > tree.MaxHeight {
		f.left = -1
	}
	if f.left < 0 {
		return v
	}
	switch v.Kind() {
	case tree.Map:
		for _, name := range n.names {
			p := n.properties[name]
			old, there := v.Child(name)
			if !there {
				if !p.Default.Exists() {
					continue
				}
				f.left--
				old = p.Default.Stamp(f.origin)
			}
			fresh := f.fill(p, old, depth+1)
			if !there || !fresh.Same(old) {
				v = v.With(name, fresh)
			}
		}
	case tree.List:
		if n.items == nil {
			break
		}
		for i, old := range v.Items() {
			if fresh := f.fill(n.items, old, depth+1); !fresh.Same(old) {
				v = v.Put(i, fresh)
			}
		}
	}
	return v
}

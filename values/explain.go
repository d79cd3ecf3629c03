package values

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/addonkit/addonkit/values/internal/tree"
)

// Explanation tells why a leaf of the effective values is as it is.
type Explanation struct {
	Pointer  string
	Origin   Origin
	Replaced []Origin // what it is stronger than, the strongest first
}

// Explain returns the provenance of every leaf (scalar or empty container) at and below
// the pointer, in the order of the values. Nothing there is ErrMissing.
func (s *Store) Explain(pointer string) ([]Explanation, error) {
	tokens, err := tree.ParsePointer(pointer)
	if err != nil {
		return nil, fmt.Errorf("%q %w", pointer, err)
	}
	st := s.state.Load()
	v, ok := st.effective.Get(tokens...)
	if !ok {
		return nil, fmt.Errorf("%q: %w", pointer, ErrMissing)
	}
	var out []Explanation
	if len(tokens) > 0 {
		st.sections[tokens[0]].explain(v, pointer, tokens[1:], &out)
		return out, nil
	}
	for _, e := range v.All() {
		st.sections[e.Key].explain(e.Value, tree.Join("", e.Key), nil, &out)
	}
	return out, nil
}

// explain walks the effective values and the layers below them at the same time.
func (sec *section) explain(v tree.Value, at string, path []string, out *[]Explanation) {
	e := explainer{out: *out}
	layers := []tree.Value{sec.base, sec.config, sec.spec.start}
	for _, file := range slices.Backward(sec.spec.static) {
		layers = append(layers, file)
	}
	for _, layer := range layers {
		if below, ok := layer.Get(path...); ok {
			e.layers = append(e.layers, below)
		}
	}
	e.walk(v, 0, at)
	*out = e.out
}

// explainer keeps the layers at all levels of its way down in one stack.
type explainer struct {
	layers []tree.Value
	out    []Explanation
}

// walk explains v, whose weaker layers are those on the stack from first on.
func (x *explainer) walk(v tree.Value, first int, at string) {
	if v.Len() == 0 {
		x.leaf(v, x.layers[first:], at)
		return
	}
	last := len(x.layers)
	for i, e := range v.All() {
		if v.Kind() == tree.List {
			e.Key = strconv.Itoa(i)
		}
		for _, l := range x.layers[first:last] {
			if c, ok := l.Child(e.Key); ok {
				x.layers = append(x.layers, c)
			}
		}
		x.walk(e.Value, last, tree.Join(at, e.Key))
		x.layers = x.layers[:last]
	}
}

func (x *explainer) leaf(v tree.Value, layers []tree.Value, at string) {
	e := Explanation{Pointer: at, Origin: publicOrigin(v.Origin())}
	last := v.Origin()
	for _, l := range layers {
		if o := l.Origin(); o != nil && o != last {
			e.Replaced = append(e.Replaced, publicOrigin(o))
			last = o
		}
	}
	x.out = append(x.out, e)
}

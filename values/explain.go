package values

import (
	"fmt"

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
	layers := make([]tree.Value, 0, 4+len(sec.spec.static))
	layers = append(layers, sec.base, sec.config, sec.spec.start)
	for i := len(sec.spec.static) - 1; i >= 0; i-- {
		layers = append(layers, sec.spec.static[i])
	}
	for i := range layers {
		layers[i], _ = layers[i].Get(path...)
	}
	explain(v, layers, at, out)
}

func explain(v tree.Value, layers []tree.Value, at string, out *[]Explanation) {
	if v.Len() == 0 {
		e := Explanation{Pointer: at, Origin: publicOrigin(v.Origin())}
		last := v.Origin()
		for _, l := range layers {
			if o := l.Origin(); o != nil && o != last {
				if l.Exists() && !replacedAlready(e, o) {
					e.Replaced = append(e.Replaced, publicOrigin(o))
				}
				last = o
			}
		}
		*out = append(*out, e)
		return
	}
	for i, e := range v.All() {
		token := e.Key
		if v.Kind() == tree.List {
			token = fmt.Sprint(i)
		}
		below := make([]tree.Value, 0, len(layers))
		for _, l := range layers {
			if c, ok := l.Child(token); ok {
				below = append(below, c)
			}
		}
		explain(e.Value, below, tree.Join(at, token), out)
	}
}

func replacedAlready(e Explanation, o *tree.Origin) bool {
	for _, r := range append([]Origin{e.Origin}, e.Replaced...) {
		if r == publicOrigin(o) {
			return true
		}
	}
	return false
}

package values

import (
	"fmt"
	"slices"

	"github.com/addonkit/addonkit/values/internal/tree"
)

// Record is one change of a section's effective values.
type Record struct {
	Origin   Origin   // when, by whom and why
	Pointers []string // the topmost places that differed; the section alone when they were very many
}

// maxPointers bounds what one Record lists.
const maxPointers = 100

// History returns the changes at, below and above the pointer that are still remembered,
// the newest first. Options.History bounds it.
func (s *Store) History(pointer string) ([]Record, error) {
	tokens, err := tree.ParsePointer(pointer)
	if err != nil || len(tokens) == 0 {
		return nil, fmt.Errorf("%q %w", pointer, tree.ErrPointer)
	}
	var out []Record
	for _, r := range slices.Backward(s.state.Load().section(tokens[0]).history) {
		if slices.ContainsFunc(r.Pointers, func(p string) bool { return within(p, pointer) || within(pointer, p) }) {
			out = append(out, r)
		}
	}
	return out, nil
}

func (sec *section) remember(why *tree.Origin, pointers []string, most int) {
	if most < 0 {
		return
	}
	r := Record{Origin: publicOrigin(why), Pointers: pointers}
	if d := sec.delivered; r.Origin.Source == "" && r.Origin.Layer == LayerConfig && d != nil {
		r.Origin.Source = d.file
	}
	if len(pointers) > maxPointers {
		r.Pointers = []string{"/" + sec.key}
	}
	kept := sec.history[max(0, len(sec.history)+1-most):]
	sec.history = append(append(make([]Record, 0, len(kept)+1), kept...), r)
}

// Difference is a leaf that two Views do not agree on. Its Views print as digests.
type Difference struct {
	Pointer  string
	Old, New View // zero where there is nothing
}

// Diff returns the leaves (scalars and empty containers) in which two Views differ, in
// the order of their pointers' parts. What the Views share costs nothing.
func Diff(old, fresh View) []Difference {
	var out []Difference
	for _, d := range tree.Diff(old.v, fresh.v) {
		before, after := leaves(d.Pointer, d.Old), leaves(d.Pointer, d.New)
		for _, p := range before.order {
			out = append(out, Difference{p, View{v: before.at[p]}, View{v: after.at[p]}})
		}
		for _, p := range after.order {
			if _, both := before.at[p]; !both {
				out = append(out, Difference{p, View{}, View{v: after.at[p]}})
			}
		}
	}
	return out
}

type leafSet struct {
	order []string
	at    map[string]tree.Value
}

func leaves(pointer string, v tree.Value) leafSet {
	set := leafSet{at: map[string]tree.Value{}}
	if v.Exists() {
		v.Leaves(pointer, func(p string, leaf tree.Value) {
			set.order = append(set.order, p)
			set.at[p] = leaf
		})
	}
	return set
}

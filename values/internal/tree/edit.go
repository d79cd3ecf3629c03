package tree

import (
	"iter"
	"slices"
	"strings"
)

// NewMap makes a map of the entries, in any order; of entries with one key the
// last counts. It takes ownership of the slice.
func NewMap(entries []Entry) Value { return keyed(Map, entries) }

// NewOverlay makes an overlay, see Merge.
func NewOverlay(entries []Entry) Value { return keyed(Overlay, entries) }

// NewList makes a list of the items.
func NewList(items []Value) Value {
	entries := make([]Entry, len(items))
	for i, v := range items {
		entries[i].Value = v
	}
	return Value{kind: List, box: newBox(List, entries)}
}

func keyed(kind Kind, entries []Entry) Value {
	byKey := func(a, b Entry) int { return strings.Compare(a.Key, b.Key) }
	if !slices.IsSortedFunc(entries, byKey) {
		slices.SortStableFunc(entries, byKey)
	}
	out := entries[:0]
	for _, e := range entries {
		if n := len(out); n > 0 && out[n-1].Key == e.Key {
			out[n-1] = e
			continue
		}
		out = append(out, e)
	}
	return Value{kind: kind, box: newBox(kind, out)}
}

// All yields the entries of a container: of a map by ascending key, of a list in
// its order, with empty keys. The int is the entry's place.
func (v Value) All() iter.Seq2[int, Entry] {
	if !v.IsContainer() {
		return func(func(int, Entry) bool) {}
	}
	return v.box.all()
}

// Items yields the items of a list.
func (v Value) Items() iter.Seq2[int, Value] {
	return func(yield func(int, Value) bool) {
		for i, e := range v.All() {
			if !yield(i, e.Value) {
				return
			}
		}
	}
}

// With returns the map with the key set. A nil or scalar receiver is not allowed.
func (v Value) With(key string, c Value) Value {
	if old, ok := v.box.get(key); ok && old.Same(c) && old.origin == c.origin {
		return v
	}
	v.box = v.box.set(key, c)
	return v
}

// Without returns the map without the key.
func (v Value) Without(key string) Value {
	v.box = v.box.unset(key)
	return v
}

// At returns item i of a list, which must exist.
func (v Value) At(i int) Value { return v.box.at(i).Value }

// Put returns the list with another item at i, which must exist.
func (v Value) Put(i int, c Value) Value {
	v.box = v.box.put(i, c)
	return v
}

// Insert returns the list with the item inserted before i; i may be the length.
func (v Value) Insert(i int, c Value) Value {
	v.box = v.box.insert(i, c)
	return v
}

// Cut returns the list without item i, which must exist.
func (v Value) Cut(i int) Value {
	v.box = v.box.cut(i)
	return v
}

// Stamp returns the value with the origin on it and on everything below.
func (v Value) Stamp(o *Origin) Value {
	v.origin = o
	if !v.IsContainer() || v.box.n == 0 {
		return v
	}
	entries := slices.Clone(v.box.flat())
	for i := range entries {
		entries[i].Value = entries[i].Value.Stamp(o)
	}
	v.box = newBox(v.kind, entries)
	return v
}

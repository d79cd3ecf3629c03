package tree

import "slices"

// NewRemoved returns the mark that an overlay puts where an entry is to vanish.
func NewRemoved(o *Origin) Value { return Value{kind: Removed, origin: o} }

// EmptyOverlay returns an overlay that changes nothing.
func EmptyOverlay() Value { return Value{kind: Overlay, box: &box{kind: Overlay}} }

// Merge puts over above base. Maps merge entry by entry; anything else replaces
// what it covers. An Overlay is a map that says what to do below it: a Removed
// entry takes the base's away, an Overlay entry goes on below (and becomes a map
// where the base has none), any other entry, a map too, replaces the base's whole.
// What only one side has is shared, with its origin.
func Merge(base, over Value) Value {
	switch {
	case over.kind == Absent:
		return base
	case over.kind == Overlay:
		return applyOverlay(base, over)
	case over.kind == Map && base.kind == Map:
		return mergeMaps(base, over)
	default:
		return over
	}
}

func mergeMaps(base, over Value) Value {
	if base.box == over.box || over.box.n == 0 {
		return base
	}
	if base.box.n == 0 {
		return over
	}
	return combine(base, over, Merge)
}

func applyOverlay(base, over Value) Value {
	if base.kind != Map {
		base = EmptyMap().WithOrigin(over.origin)
	}
	if over.box.n == 0 {
		return base
	}
	return combine(base, over, func(b, o Value) Value {
		if o.kind == Overlay {
			return applyOverlay(b, o)
		}
		return o
	})
}

// combine calls join for every key of over with base's entry, Absent when there
// is none. A Removed result leaves the key out.
func combine(base, over Value, join func(b, o Value) Value) Value {
	if over.box.n*8 <= base.box.n {
		for _, e := range over.All() {
			b, _ := base.box.get(e.Key)
			if v := join(b, e.Value); v.kind == Removed {
				base = base.Without(e.Key)
			} else {
				base = base.With(e.Key, v)
			}
		}
		return base
	}
	left, right := base.box.flat(), over.box.flat()
	out := make([]Entry, 0, len(left)+len(right))
	for len(left) > 0 || len(right) > 0 {
		switch {
		case len(right) == 0:
			out, left = append(out, left...), nil
		case len(left) > 0 && left[0].Key < right[0].Key:
			out, left = append(out, left[0]), left[1:]
		default:
			var b Value
			if len(left) > 0 && left[0].Key == right[0].Key {
				b, left = left[0].Value, left[1:]
			}
			if v := join(b, right[0].Value); v.kind != Removed {
				out = append(out, Entry{right[0].Key, v})
			}
			right = right[1:]
		}
	}
	return Value{kind: Map, box: newBox(Map, out), origin: base.origin}
}

// Reconcile returns a value equal to fresh that shares with old all that is equal
// there, old origins included. So what did not change keeps its identity.
func Reconcile(old, fresh Value) Value {
	if old.Equal(fresh) {
		return old
	}
	if old.kind != fresh.kind || !fresh.IsContainer() {
		return fresh
	}
	if fresh.kind == List {
		items := make([]Value, 0, fresh.box.n)
		for i, c := range fresh.Items() {
			if i < old.box.n {
				c = Reconcile(old.At(i), c)
			}
			items = append(items, c)
		}
		return NewList(items).WithOrigin(old.origin)
	}
	entries := make([]Entry, 0, fresh.box.n)
	for _, e := range fresh.All() {
		if o, ok := old.box.get(e.Key); ok {
			e.Value = Reconcile(o, e.Value)
		}
		entries = append(entries, e)
	}
	return Value{kind: fresh.kind, box: newBox(fresh.kind, entries), origin: old.origin}
}

// Adopt returns fresh, with those containers of old that hold the same content of the same
// origins, so that what is known of them is not lost.
func Adopt(old, fresh Value) Value {
	if !fresh.IsContainer() || old.kind != fresh.kind || old.box == fresh.box {
		return fresh
	}
	same, adopted := old.box.n == fresh.box.n, false
	before, entries := old.box.flat(), fresh.box.flat()
	for i, at := 0, 0; i < len(entries); i++ {
		e := entries[i]
		for fresh.kind != List && at < len(before) && before[at].Key < e.Key {
			at++
		}
		if at >= len(before) || before[at].Key != e.Key {
			same = false
			continue
		}
		was := before[at].Value
		at++
		now := Adopt(was, e.Value)
		same = same && now.Same(was) && now.origin == was.origin
		if now.box != e.Value.box {
			if !adopted {
				entries, adopted = slices.Clone(entries), true
			}
			entries[i].Value = now
		}
	}
	switch {
	case same:
		fresh.box = old.box
	case adopted:
		fresh.box = newBox(fresh.kind, entries)
	}
	return fresh
}

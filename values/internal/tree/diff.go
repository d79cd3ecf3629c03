package tree

import (
	"strconv"
	"strings"
)

// Difference is one place where two trees differ: the topmost, so that a subtree
// that one side lacks is one difference.
type Difference struct {
	Pointer  string
	Old, New Value // Absent on the side that lacks it
}

// Diff returns the differences in ascending order of maps' keys and lists'
// indexes. What the trees share costs nothing.
func Diff(old, fresh Value) []Difference {
	var out []Difference
	diff(old, fresh, "", &out)
	return out
}

func diff(old, fresh Value, at string, out *[]Difference) {
	if old.Equal(fresh) {
		return
	}
	if old.kind != fresh.kind || !old.IsContainer() {
		*out = append(*out, Difference{at, old, fresh})
		return
	}
	if old.kind == List {
		diffLists(old, fresh, at, out)
		return
	}
	left, right := unshared(old.box, fresh.box)
	for len(left) > 0 || len(right) > 0 {
		switch {
		case len(right) == 0 || len(left) > 0 && left[0].Key < right[0].Key:
			*out = append(*out, Difference{Join(at, left[0].Key), left[0].Value, Value{}})
			left = left[1:]
		case len(left) == 0 || right[0].Key < left[0].Key:
			*out = append(*out, Difference{Join(at, right[0].Key), Value{}, right[0].Value})
			right = right[1:]
		default:
			if !left[0].Value.Same(right[0].Value) {
				diff(left[0].Value, right[0].Value, Join(at, left[0].Key), out)
			}
			left, right = left[1:], right[1:]
		}
	}
}

// unshared returns the entries of two maps without those at both ends that are in parts
// which the maps share.
func unshared(old, fresh *box) (left, right []Entry) {
	l, r := old.parts(), fresh.parts()
	for len(l) > 0 && len(r) > 0 && l[0] == r[0] {
		l, r = l[1:], r[1:]
	}
	for len(l) > 0 && len(r) > 0 && l[len(l)-1] == r[len(r)-1] {
		l, r = l[:len(l)-1], r[:len(r)-1]
	}
	return entriesOf(l), entriesOf(r)
}

func entriesOf(parts []*box) []Entry {
	if len(parts) == 1 {
		return parts[0].entries
	}
	var all []Entry
	for _, p := range parts {
		all = append(all, p.entries...)
	}
	return all
}

func diffLists(old, fresh Value, at string, out *[]Difference) {
	left, right := old.box.flat(), fresh.box.flat()
	for i := range max(len(left), len(right)) {
		var l, r Value
		if i < len(left) {
			l = left[i].Value
		}
		if i < len(right) {
			r = right[i].Value
		}
		if !l.Same(r) {
			diff(l, r, Join(at, strconv.Itoa(i)), out)
		}
	}
}

// Leaves calls fn for every leaf: each scalar and each empty container.
func (v Value) Leaves(at string, fn func(pointer string, leaf Value)) {
	if !v.IsContainer() || v.box.n == 0 {
		fn(at, v)
		return
	}
	for i, e := range v.All() {
		if v.kind == List {
			e.Key = strconv.Itoa(i)
		}
		e.Value.Leaves(Join(at, e.Key), fn)
	}
}

// Join appends a token to an RFC 6901 pointer.
func Join(pointer, token string) string {
	if strings.ContainsAny(token, "~/") {
		token = strings.ReplaceAll(strings.ReplaceAll(token, "~", "~0"), "/", "~1")
	}
	return pointer + "/" + token
}

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
	left, right := old.box.flat(), fresh.box.flat()
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

func diffLists(old, fresh Value, at string, out *[]Difference) {
	for i := range max(old.Len(), fresh.Len()) {
		var l, r Value
		if i < old.Len() {
			l = old.At(i)
		}
		if i < fresh.Len() {
			r = fresh.At(i)
		}
		diff(l, r, Join(at, strconv.Itoa(i)), out)
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

package tree

import (
	"strings"
	"time"
)

// Kind tells what a Value is.
type Kind uint8

// The kinds. Removed and Overlay occur in patch layers only, see Merge.
const (
	Absent Kind = iota
	Null
	Bool
	Number
	String
	List
	Map
	Removed
	Overlay
)

// String names the kind as JSON schema does.
func (k Kind) String() string {
	return [...]string{"absent", "null", "boolean", "number", "string", "array", "object", "removed", "overlay"}[k]
}

// Origin tells where a value came from.
type Origin struct {
	Layer         string
	Source, Cause string
	At            time.Time
}

// Value is one node: a scalar by its canonical text, a List or a Map by a
// pointer to its entries. The zero Value is Absent.
type Value struct {
	kind   Kind
	text   string
	box    *box
	origin *Origin
}

// longText is the length from which a string keeps its own digest and encoding,
// so that a small edit beside it does not hash it again.
const longText = 512

// NewNull returns the null value.
func NewNull() Value { return Value{kind: Null, text: "null"} }

// NewBool returns a boolean.
func NewBool(b bool) Value {
	if b {
		return Value{kind: Bool, text: "true"}
	}
	return Value{kind: Bool, text: "false"}
}

// NewString returns a string. The text must be valid UTF-8.
func NewString(s string) Value {
	v := Value{kind: String, text: s}
	if len(s) >= longText {
		v.box = &box{kind: String}
	}
	return v
}

// EmptyMap returns a map without entries.
func EmptyMap() Value { return Value{kind: Map, box: &box{kind: Map}} }

// Kind returns what the value is.
func (v Value) Kind() Kind { return v.kind }

// Exists reports whether there is a value at all; null exists.
func (v Value) Exists() bool { return v.kind != Absent && v.kind != Removed }

// IsContainer reports whether the value has entries of its own.
func (v Value) IsContainer() bool { return v.kind == List || v.kind == Map || v.kind == Overlay }

// Text returns the canonical text of a scalar: the string itself, the number's
// literal, "true", "false" or "null".
func (v Value) Text() string { return v.text }

// Len returns the number of entries of a container.
func (v Value) Len() int {
	if !v.IsContainer() {
		return 0
	}
	return v.box.n
}

// Weight estimates the length of the encoding in bytes.
func (v Value) Weight() int64 {
	if v.IsContainer() {
		return v.box.weight + 2
	}
	return int64(len(v.text)) + 2
}

// Height returns how many containers are nested in each other, 0 for a scalar.
func (v Value) Height() int {
	if v.IsContainer() {
		return v.box.height
	}
	return 0
}

// LeafCount returns the number of scalars and empty containers.
func (v Value) LeafCount() int {
	if v.Len() == 0 {
		return 1
	}
	return v.box.leaves
}

// Origin returns where the value came from, nil when it is not known.
func (v Value) Origin() *Origin { return v.origin }

// WithOrigin returns the value with the origin on it alone, not on what is below.
func (v Value) WithOrigin(o *Origin) Value {
	v.origin = o
	return v
}

// Same reports whether both are one and the same node: a quick test that may
// say no for equal values, and never says yes for different ones.
func (v Value) Same(w Value) bool {
	if v.kind != w.kind {
		return false
	}
	if v.IsContainer() {
		return v.box == w.box
	}
	return v.text == w.text
}

// Equal reports whether both hold the same content; origins do not count.
func (v Value) Equal(w Value) bool {
	if v.Same(w) {
		return true
	}
	if !v.IsContainer() || v.kind != w.kind || v.box.n != w.box.n {
		return false
	}
	return v.Digest() == w.Digest()
}

// Child returns the entry that a pointer token names: a key of a map, an index
// of a list.
func (v Value) Child(token string) (Value, bool) {
	switch v.kind {
	case Map, Overlay:
		return v.box.get(token)
	case List:
		i, ok := Index(token)
		if !ok || i >= v.box.n {
			return Value{}, false
		}
		return v.box.at(i).Value, true
	}
	return Value{}, false
}

// Get follows the tokens down.
func (v Value) Get(tokens ...string) (Value, bool) {
	for _, t := range tokens {
		c, ok := v.Child(t)
		if !ok {
			return Value{}, false
		}
		v = c
	}
	return v, v.kind != Absent
}

// Index reads a list index as RFC 6901 writes it: no sign, no leading zero.
func Index(token string) (int, bool) {
	if token == "" || len(token) > 9 || (token[0] == '0' && len(token) > 1) {
		return 0, false
	}
	n := 0
	for _, c := range []byte(token) {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + int(c-'0')
	}
	return n, true
}

// IsInteger reports whether a number was written as an integer.
func (v Value) IsInteger() bool {
	return v.kind == Number && !strings.ContainsAny(v.text, ".e")
}

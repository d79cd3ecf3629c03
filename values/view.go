package values

import (
	"fmt"
	"io"
	"log/slog"

	"github.com/addonkit/addonkit/values/internal/tree"
)

// View is an immutable look at values, or at a part of them. It is cheap to copy and
// safe for concurrent use. Two Views hold the same content exactly when their Digests
// are equal. The zero View holds nothing. Printing and logging a View shows a digest.
type View struct {
	v     tree.Value
	reads *Reads
	at    string
}

// ViewOf makes a View of plain Go data: maps, slices, scalars, and whatever
// encoding/json can write. The error does not hold the data.
func ViewOf(data any) (View, error) {
	v, err := tree.Of(data)
	if err != nil {
		return View{}, fmt.Errorf("the data %w", err)
	}
	return View{v: v}, nil
}

// ParseView makes a View of a YAML (or JSON) document; the error names the file.
// An empty document is an empty map.
func ParseView(f File) (View, error) {
	v, _, err := tree.ParseYAML(f.Data)
	if err != nil {
		return View{}, fmt.Errorf("%s: %w", f.Name, err)
	}
	if v.Kind() == tree.Null {
		v = tree.EmptyMap()
	}
	return View{v: v}, nil
}

// At returns the part at the pointer; ok is false when there is nothing or the
// pointer is malformed.
func (v View) At(pointer string) (part View, ok bool) {
	tokens, err := tree.ParsePointer(pointer)
	if err != nil {
		return View{}, false
	}
	c, ok := v.v.Get(tokens...)
	part = View{v: c, reads: v.reads}
	if v.reads != nil {
		part.at = v.at + pointer
		if !ok {
			v.reads.note(part.at)
		}
	}
	return part, ok
}

// Exists reports whether there is anything at the pointer; null is something.
func (v View) Exists(pointer string) bool {
	part, ok := v.At(pointer)
	part.read()
	return ok
}

// IsZero reports whether the View holds nothing at all.
func (v View) IsZero() bool { return !v.v.Exists() }

// Keys returns the keys of a map in ascending order, nil for anything else.
func (v View) Keys() []string {
	v.read()
	if v.v.Kind() != tree.Map {
		return nil
	}
	keys := make([]string, 0, v.v.Len())
	for _, e := range v.v.All() {
		keys = append(keys, e.Key)
	}
	return keys
}

// Len returns the number of entries of a map or list.
func (v View) Len() int {
	v.read()
	return v.v.Len()
}

// Map returns a private copy of a map in plain Go types: map[string]any, []any,
// string, bool, nil, int64, float64, and json.Number for numbers that neither holds.
// It is an empty map for anything that is not a map.
func (v View) Map() map[string]any {
	m, ok := v.Any().(map[string]any)
	if !ok {
		return map[string]any{}
	}
	return m
}

// Any returns a private copy of whatever the View holds, in the types of Map.
func (v View) Any() any {
	v.read()
	return v.v.Any()
}

// JSON returns the canonical encoding: ascending keys, no blanks. The bytes are
// shared and must not be changed; unchanged parts are encoded once only.
func (v View) JSON() []byte {
	v.read()
	return v.v.JSON()
}

// YAML returns the content as YAML with ascending keys. Numbers keep kind and digits.
func (v View) YAML() ([]byte, error) {
	v.read()
	return v.v.YAML()
}

// Digest returns a text that is equal for equal content and for no other.
func (v View) Digest() string {
	v.read()
	return v.v.Digest().String()
}

// Select returns a map of these keys alone. A key that is absent becomes an empty
// map, as readers of values files expect.
func (v View) Select(keys ...string) View {
	entries := make([]tree.Entry, 0, len(keys))
	for _, k := range keys {
		c, ok := v.v.Child(k)
		if !ok || v.v.Kind() != tree.Map {
			c = tree.EmptyMap()
		}
		if v.reads != nil {
			v.reads.note(tree.Join(v.at, k))
		}
		entries = append(entries, tree.Entry{Key: k, Value: c})
	}
	return View{v: tree.NewMap(entries)}
}

// String returns a short digest.
func (v View) String() string {
	if v.IsZero() {
		return "values(none)"
	}
	return "values(" + v.v.Digest().String()[:12] + ")"
}

// Format prints the digest for every verb, so that no format string leaks values.
func (v View) Format(s fmt.State, _ rune) { io.WriteString(s, v.String()) }

// MarshalLog shows a digest to logr.
func (v View) MarshalLog() any { return v.String() }

// LogValue shows a digest to slog.
func (v View) LogValue() slog.Value { return slog.StringValue(v.String()) }

func (v View) read() {
	if v.reads != nil {
		v.reads.note(v.at)
	}
}

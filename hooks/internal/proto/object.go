package proto

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Violations collects what is wrong with a document, in the order found.
type Violations struct{ list []string }

// Add notes one problem at a path. The empty path is the whole document.
func (v *Violations) Add(path, format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	if path != "" {
		text = path + ": " + text
	}
	v.list = append(v.list, text)
}

// Err is nil when nothing was noted, else an error of type *[Invalid].
func (v *Violations) Err() error {
	if len(v.list) == 0 {
		return nil
	}
	return &Invalid{Violations: slices.Clone(v.list)}
}

// Invalid is a document with all its violations, each as "path: problem".
type Invalid struct{ Violations []string }

func (e *Invalid) Error() string {
	if len(e.Violations) == 1 {
		return e.Violations[0]
	}
	return fmt.Sprintf("%d problems:\n  %s", len(e.Violations), strings.Join(e.Violations, "\n  "))
}

// Object reads the fields of one map. Every reader notes a violation when the field has another type and then returns
// the zero value, so reading goes on and all violations are found at once. A nil Object reads as an empty map.
type Object struct {
	path   string
	fields map[string]any
	known  map[string]bool
	bad    *Violations
	// lenient objects do not mind unknown fields
	lenient bool
}

// NewObject reads v, found at path; a v that is no map is a violation and nil is returned.
func NewObject(path string, v any, bad *Violations) *Object {
	m, ok := v.(map[string]any)
	if !ok {
		bad.Add(path, "must be a map, is %s", kindOf(v))
		return nil
	}
	return &Object{path: path, fields: m, known: map[string]bool{}, bad: bad}
}

// Lenient lets Close pass unknown fields of this object and those in it.
func (o *Object) Lenient() *Object {
	if o != nil {
		o.lenient = true
	}
	return o
}

// Drop makes a field absent.
func (o *Object) Drop(key string) {
	if o != nil {
		delete(o.fields, key)
	}
}

// Path is the path of a field.
func (o *Object) Path(key string) string {
	if o == nil || o.path == "" {
		return key
	}
	return o.path + "." + key
}

// Bad notes a violation of a field.
func (o *Object) Bad(key, format string, args ...any) {
	if o != nil {
		o.bad.Add(o.Path(key), format, args...)
	}
}

// Len is the number of fields.
func (o *Object) Len() int {
	if o == nil {
		return 0
	}
	return len(o.fields)
}

// Has tells whether the field is there and not null.
func (o *Object) Has(key string) bool { return o.Any(key) != nil }

// Any is the field as it is; nil when it is absent or null.
func (o *Object) Any(key string) any {
	if o == nil {
		return nil
	}
	o.known[key] = true
	return o.fields[key]
}

// String is a text; "" when absent.
func (o *Object) String(key string) string { return read(o, key, "a string", "") }

// Bool is true or false; fallback when absent.
func (o *Object) Bool(key string, fallback bool) bool {
	return read(o, key, "true or false", fallback)
}

// Map is a map read by nobody further; nil when absent.
func (o *Object) Map(key string) map[string]any {
	return read(o, key, "a map", map[string]any(nil))
}

// Need is a text that must be there.
func (o *Object) Need(key string) string {
	if o == nil {
		return ""
	}
	text := o.String(key)
	if v := o.Any(key); v == nil || v == "" {
		o.Bad(key, "is required")
	}
	return text
}

// Int is an integer.
func (o *Object) Int(key string) (int, bool) {
	switch n := o.Any(key).(type) {
	case nil:
	case int64:
		return int(n), true
	case float64:
		if n == float64(int(n)) {
			return int(n), true
		}
		o.Bad(key, "must be an integer, is a fraction")
	default:
		o.Bad(key, "must be an integer, is %s", kindOf(n))
	}
	return 0, false
}

// Number is any number.
func (o *Object) Number(key string) (float64, bool) {
	switch n := o.Any(key).(type) {
	case nil:
	case int64:
		return float64(n), true
	case float64:
		return n, true
	default:
		o.Bad(key, "must be a number, is %s", kindOf(n))
	}
	return 0, false
}

// List is a list; nil when absent, not nil when empty.
func (o *Object) List(key string) []any {
	return read(o, key, "a list", []any(nil))
}

// Strings is a list of texts; nil when absent, not nil when empty.
func (o *Object) Strings(key string) []string {
	list := o.List(key)
	if list == nil {
		return nil
	}
	texts := make([]string, 0, len(list))
	for i, v := range list {
		text, ok := v.(string)
		if !ok {
			o.Bad(index(key, i), "must be a string, is %s%s", kindOf(v), quoteHint(v))
			continue
		}
		texts = append(texts, text)
	}
	return texts
}

// StringMap is a map of texts; nil when absent.
func (o *Object) StringMap(key string) map[string]string {
	m := o.Map(key)
	if m == nil {
		return nil
	}
	texts := make(map[string]string, len(m))
	for _, k := range slices.Sorted(maps.Keys(m)) {
		text, ok := m[k].(string)
		if !ok {
			o.Bad(key+"."+k, "must be a string, is %s%s", kindOf(m[k]), quoteHint(m[k]))
			continue
		}
		texts[k] = text
	}
	return texts
}

// Object is a map; nil when absent.
func (o *Object) Object(key string) *Object {
	v := o.Any(key)
	if v == nil {
		return nil
	}
	return o.child(key, v)
}

// Objects is a list of maps.
func (o *Object) Objects(key string) []*Object {
	var objects []*Object
	for i, v := range o.List(key) {
		if item := o.child(index(key, i), v); item != nil {
			objects = append(objects, item)
		}
	}
	return objects
}

func (o *Object) child(key string, v any) *Object {
	c := NewObject(o.Path(key), v, o.bad)
	if c != nil {
		c.lenient = o.lenient
	}
	return c
}

// Close notes every field that nobody asked for, with the nearest known name.
func (o *Object) Close() {
	if o == nil || o.lenient {
		return
	}
	for _, key := range slices.Sorted(maps.Keys(o.fields)) {
		if !o.known[key] {
			o.Bad(key, "unknown field%s", DidYouMean(key, slices.Collect(maps.Keys(o.known))))
		}
	}
}

func read[T any](o *Object, key, want string, fallback T) T {
	v := o.Any(key)
	if v == nil {
		return fallback
	}
	t, ok := v.(T)
	if !ok {
		o.Bad(key, "must be %s, is %s", want, kindOf(v))
		return fallback
	}
	return t
}

func index(key string, i int) string { return fmt.Sprintf("%s[%d]", key, i) }

func kindOf(v any) string {
	switch v.(type) {
	case nil:
		return "null"
	case string:
		return "a string"
	case bool:
		return "a boolean"
	case int64, float64:
		return "a number"
	case []any:
		return "a list"
	case map[string]any:
		return "a map"
	}
	return fmt.Sprintf("a %T", v)
}

func quoteHint(v any) string {
	switch v.(type) {
	case bool, int64, float64:
		return "; put it in quotes"
	}
	return ""
}

package values

import (
	"encoding"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"

	"github.com/addonkit/addonkit/values/internal/tree"
)

// DecodeError says that a value does not fit the Go type it was asked as. It holds
// no value.
type DecodeError struct {
	Pointer string // the innermost value that does not fit, from the View's root
	Is      string // its JSON type
	Want    string // the Go type
}

// Error names the pointer and both types.
func (e *DecodeError) Error() string {
	return fmt.Sprintf("value at %q is %s, which does not fit %s", e.Pointer, e.Is, e.Want)
}

// Get decodes what is at the pointer, by the rules of encoding/json. Nothing there is
// ErrMissing; a value that does not fit is a *DecodeError. Errors carry the pointer and
// never the value.
func Get[T any](v View, pointer string) (T, error) {
	var out T
	if _, err := tree.ParsePointer(pointer); err != nil {
		return out, fmt.Errorf("%q %w", pointer, err)
	}
	part, ok := v.At(pointer)
	if !ok {
		return out, fmt.Errorf("%q: %w", v.at+pointer, ErrMissing)
	}
	part.read()
	if quick(part.v, &out) {
		return out, nil
	}
	if json.Unmarshal(part.v.JSON(), &out) != nil {
		var zero T
		return zero, blame(part.v, pointer, reflect.TypeFor[T]())
	}
	return out, nil
}

// quick decodes the commonest types without a detour.
func quick(v tree.Value, out any) bool {
	switch p := out.(type) {
	case *string:
		*p = v.Text()
		return v.Kind() == tree.String
	case *bool:
		*p = v.Text() == "true"
		return v.Kind() == tree.Bool
	case *int64:
		i, ok := v.Any().(int64)
		*p = i
		return ok
	case *int:
		i, ok := v.Any().(int64)
		*p = int(i)
		return ok && int64(*p) == i
	case *any:
		*p = v.Any()
		return true
	case *map[string]any:
		m, ok := v.Any().(map[string]any)
		*p = m
		return ok
	}
	return false
}

// blame looks for the innermost value that does not fit its Go type, by trying the
// parts one by one.
func blame(v tree.Value, pointer string, want reflect.Type) error {
	for want.Kind() == reflect.Pointer {
		want = want.Elem()
	}
	if decodesItself(want) {
		return &DecodeError{pointer, v.Kind().String(), want.String()}
	}
	for i, e := range v.All() {
		if v.Kind() == tree.List {
			e.Key = fmt.Sprint(i)
		}
		t, ok := partType(want, e.Key, v.Kind())
		if !ok || json.Unmarshal(e.Value.JSON(), reflect.New(t).Interface()) == nil {
			continue
		}
		return blame(e.Value, tree.Join(pointer, e.Key), t)
	}
	return &DecodeError{pointer, v.Kind().String(), want.String()}
}

func decodesItself(t reflect.Type) bool {
	p := reflect.PointerTo(t)
	return p.Implements(reflect.TypeFor[json.Unmarshaler]()) || p.Implements(reflect.TypeFor[encoding.TextUnmarshaler]())
}

// partType returns the Go type that an entry of a value is decoded into.
func partType(t reflect.Type, key string, kind tree.Kind) (reflect.Type, bool) {
	switch {
	case t.Kind() == reflect.Map && kind == tree.Map,
		(t.Kind() == reflect.Slice || t.Kind() == reflect.Array) && kind == tree.List:
		return t.Elem(), true
	case t.Kind() != reflect.Struct || kind != tree.Map:
		return nil, false
	}
	for _, f := range reflect.VisibleFields(t) {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if name == "" {
			name = f.Name
		}
		if f.IsExported() && strings.EqualFold(name, key) && !strings.Contains(f.Tag.Get("json"), ",string") {
			return f.Type, true
		}
	}
	return nil, false
}

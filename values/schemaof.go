package values

import (
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/addonkit/addonkit/values/internal/tree"
)

// SchemaOf makes a schema, in YAML, for a Go struct as encoding/json sees it. Field tags say
// more: `doc` is the description, `default` a value in JSON, `minimum`, `maximum`, `pattern`
// and `enum` (texts, separated by commas) are the keywords of these names, and
// `required:"true"` requires the field. Pointers are nullable. The error names a field that
// no schema can describe.
func SchemaOf[T any]() ([]byte, error) {
	t := reflect.TypeFor[T]()
	doc, err := schemaOf(t, t.Name(), nil)
	if err != nil {
		return nil, err
	}
	v, err := tree.Of(doc)
	if err != nil {
		return nil, fmt.Errorf("the schema of %s %w", t, err)
	}
	return v.YAML()
}

func schemaOf(t reflect.Type, at string, open []reflect.Type) (map[string]any, error) {
	if slices.Contains(open, t) {
		return nil, fmt.Errorf("%s: type %s contains itself, which a schema of this kind cannot say", at, t)
	}
	switch t {
	case reflect.TypeFor[time.Time]():
		return map[string]any{"type": "string", "format": "date-time"}, nil
	case reflect.TypeFor[json.Number]():
		return map[string]any{"type": "number"}, nil
	}
	if decodesItself(t) {
		return map[string]any{"additionalProperties": true}, nil
	}
	open = append(open, t)
	switch t.Kind() {
	case reflect.Pointer:
		s, err := schemaOf(t.Elem(), at, open)
		if err == nil {
			s["nullable"] = true
		}
		return s, err
	case reflect.Interface:
		return map[string]any{"additionalProperties": true}, nil
	case reflect.Bool:
		return map[string]any{"type": "boolean"}, nil
	case reflect.String:
		return map[string]any{"type": "string"}, nil
	case reflect.Float32, reflect.Float64:
		return map[string]any{"type": "number"}, nil
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		s := map[string]any{"type": "integer"}
		if bits := t.Bits(); bits < 64 {
			s["minimum"], s["maximum"] = -int64(1)<<(bits-1), int64(1)<<(bits-1)-1
		}
		return s, nil
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		s := map[string]any{"type": "integer", "minimum": 0}
		if bits := t.Bits(); bits < 64 {
			s["maximum"] = int64(math.MaxInt64) >> (63 - bits)
		}
		return s, nil
	case reflect.Slice, reflect.Array:
		if t.Elem().Kind() == reflect.Uint8 {
			return map[string]any{"type": "string", "format": "byte"}, nil
		}
		items, err := schemaOf(t.Elem(), at+"[]", open)
		return map[string]any{"type": "array", "items": items}, err
	case reflect.Map:
		values, err := schemaOf(t.Elem(), at+"[]", open)
		return map[string]any{"type": "object", "additionalProperties": values}, err
	case reflect.Struct:
		return structSchema(t, at, open)
	default:
		return nil, fmt.Errorf("%s: a %s has no place in values", at, t)
	}
}

func structSchema(t reflect.Type, at string, open []reflect.Type) (map[string]any, error) {
	properties, required := map[string]any{}, []any{}
	for _, f := range reflect.VisibleFields(t) {
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		embedded := f.Anonymous && name == "" && f.Type.Kind() == reflect.Struct
		if !f.IsExported() || name == "-" && options == "" || embedded {
			continue
		}
		if name == "" {
			name = f.Name
		}
		s, err := schemaOf(f.Type, at+"."+f.Name, open)
		if err == nil {
			err = fieldTags(s, f)
		}
		if err != nil {
			return nil, err
		}
		properties[name] = s
		if f.Tag.Get("required") == "true" {
			required = append(required, name)
		}
	}
	s := map[string]any{"type": "object", "properties": properties}
	if len(required) > 0 {
		s["required"] = required
	}
	return s, nil
}

func fieldTags(s map[string]any, f reflect.StructField) error {
	if doc, ok := f.Tag.Lookup("doc"); ok {
		s["description"] = doc
	}
	if text, ok := f.Tag.Lookup("default"); ok {
		v, err := tree.ParseJSON([]byte(text))
		if err != nil {
			return fmt.Errorf("field %s: its default %w", f.Name, err)
		}
		s["default"] = v.Any()
	}
	for _, keyword := range []string{"minimum", "maximum"} {
		if text, ok := f.Tag.Lookup(keyword); ok {
			if _, err := strconv.ParseFloat(text, 64); err != nil {
				return fmt.Errorf("field %s: its %s is not a number", f.Name, keyword)
			}
			s[keyword] = json.Number(text)
		}
	}
	if pattern, ok := f.Tag.Lookup("pattern"); ok {
		s["pattern"] = pattern
	}
	if names, ok := f.Tag.Lookup("enum"); ok {
		var list []any
		for name := range strings.SplitSeq(names, ",") {
			list = append(list, name)
		}
		s["enum"] = list
	}
	return nil
}

package kubeevents

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
)

// decoder fills a Go value from a part of a decoded object. One is made per type when a filter is made, so that an
// event costs only the fields the type has.
type decoder func(from any, into reflect.Value) error

// decoders are the plans being made, which types may refer to from within.
type decoders map[reflect.Type]decoder

var (
	unmarshaler = reflect.TypeFor[json.Unmarshaler]()
	bytesType   = reflect.TypeFor[[]byte]()
)

var errForm = errors.New("the object does not have the form of the type")

func newDecoder(t reflect.Type) decoder { return decoders{}.of(t) }

func (d decoders) of(t reflect.Type) decoder {
	if known, ok := d[t]; ok {
		if known != nil {
			return known
		}
		// A type within itself: its plan is there when the first object comes.
		return func(from any, into reflect.Value) error { return d[t](from, into) }
	}
	d[t] = nil
	d[t] = d.plan(t)
	return d[t]
}

func (d decoders) plan(t reflect.Type) decoder {
	switch {
	case reflect.PointerTo(t).Implements(unmarshaler):
		return decodeByItself
	case t == bytesType:
		return decodeBytes
	}
	switch t.Kind() {
	case reflect.Struct:
		return d.structure(t)
	case reflect.Pointer:
		return d.pointer(t)
	case reflect.Slice:
		return d.slice(t)
	case reflect.Map:
		return d.dictionary(t)
	case reflect.String:
		return decodeString
	case reflect.Bool:
		return decodeBool
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64,
		reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Float32, reflect.Float64:
		return decodeNumber
	case reflect.Interface:
		return decodeAny
	}
	return func(any, reflect.Value) error {
		return fmt.Errorf("%w: %s cannot be read from an object", errForm, t)
	}
}

type field struct {
	name   string
	index  int
	inline bool
	decode decoder
}

func (d decoders) structure(t reflect.Type) decoder {
	var fields []field
	for i := range t.NumField() {
		f := t.Field(i)
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		inline := f.Anonymous && name == "" && f.Type.Kind() == reflect.Struct || strings.Contains(options, "inline")
		switch {
		case !f.IsExported() && !inline || name == "-":
			continue
		case name == "":
			name = f.Name
		}
		fields = append(fields, field{name, i, inline, d.of(f.Type)})
	}
	return func(from any, into reflect.Value) error {
		object, ok := from.(map[string]any)
		if !ok {
			return ifNull(from)
		}
		for i := range fields {
			f := &fields[i]
			var value any = object
			if !f.inline {
				if value, ok = object[f.name]; !ok {
					continue
				}
			}
			if err := f.decode(value, into.Field(f.index)); err != nil {
				return err
			}
		}
		return nil
	}
}

func (d decoders) pointer(t reflect.Type) decoder {
	decode := d.of(t.Elem())
	return func(from any, into reflect.Value) error {
		if from == nil {
			return nil
		}
		into.Set(reflect.New(t.Elem()))
		return decode(from, into.Elem())
	}
}

func (d decoders) slice(t reflect.Type) decoder {
	decode := d.of(t.Elem())
	return func(from any, into reflect.Value) error {
		array, ok := from.([]any)
		if !ok {
			return ifNull(from)
		}
		into.Set(reflect.MakeSlice(t, len(array), len(array)))
		for i, element := range array {
			if err := decode(element, into.Index(i)); err != nil {
				return err
			}
		}
		return nil
	}
}

func (d decoders) dictionary(t reflect.Type) decoder {
	decode := d.of(t.Elem())
	return func(from any, into reflect.Value) error {
		object, ok := from.(map[string]any)
		if !ok || t.Key().Kind() != reflect.String {
			return ifNull(from)
		}
		into.Set(reflect.MakeMapWithSize(t, len(object)))
		for key, element := range object {
			value := reflect.New(t.Elem()).Elem()
			if err := decode(element, value); err != nil {
				return err
			}
			into.SetMapIndex(reflect.ValueOf(key).Convert(t.Key()), value)
		}
		return nil
	}
}

// decodeByItself leaves a part to the type's own method.
func decodeByItself(from any, into reflect.Value) error {
	if from == nil {
		return nil
	}
	data, err := json.Marshal(from)
	if err != nil {
		return errForm
	}
	reader, ok := reflect.TypeAssert[json.Unmarshaler](into.Addr())
	if !ok || reader.UnmarshalJSON(data) != nil {
		return errForm
	}
	return nil
}

func decodeBytes(from any, into reflect.Value) error {
	text, ok := from.(string)
	if !ok {
		return ifNull(from)
	}
	data, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return errForm
	}
	into.SetBytes(data)
	return nil
}

func decodeString(from any, into reflect.Value) error {
	text, ok := from.(string)
	if !ok {
		return ifNull(from)
	}
	into.SetString(text)
	return nil
}

func decodeBool(from any, into reflect.Value) error {
	value, ok := from.(bool)
	if !ok {
		return ifNull(from)
	}
	into.SetBool(value)
	return nil
}

func decodeNumber(from any, into reflect.Value) error {
	switch from := from.(type) {
	case int64:
		return setInt(from, into)
	case int:
		return setInt(int64(from), into)
	case float64:
		if into.CanFloat() {
			into.SetFloat(from)
			return nil
		}
		if whole := int64(from); float64(whole) == from {
			return setInt(whole, into)
		}
		return errForm
	}
	return ifNull(from)
}

func setInt(n int64, into reflect.Value) error {
	switch {
	case into.CanFloat():
		into.SetFloat(float64(n))
	case into.CanInt() && !into.OverflowInt(n):
		into.SetInt(n)
	case into.CanUint() && n >= 0 && !into.OverflowUint(uint64(n)):
		into.SetUint(uint64(n))
	default:
		return errForm
	}
	return nil
}

func decodeAny(from any, into reflect.Value) error {
	if from == nil {
		return nil
	}
	value := reflect.ValueOf(from)
	if !value.Type().AssignableTo(into.Type()) {
		return errForm
	}
	into.Set(value)
	return nil
}

// ifNull accepts null for anything, as JSON decoding does.
func ifNull(from any) error {
	if from == nil {
		return nil
	}
	return errForm
}

package tree

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"unicode/utf8"
)

// Limits of what is taken from outside.
const (
	MaxHeight = 200
	MaxWeight = 32 << 20
)

// ErrTooDeep and ErrTooBig are refusals of a limit.
var (
	ErrTooDeep = fmt.Errorf("is nested more than %d levels deep", MaxHeight)
	ErrTooBig  = fmt.Errorf("is larger than %d MiB when written out", MaxWeight>>20)
)

// Of makes a value of plain Go data. What is not plain (structs, typed maps, …)
// goes through its JSON encoding. Errors never hold content.
func Of(data any) (Value, error) {
	v, err := of(data, 0)
	if err == nil {
		err = v.Check()
	}
	return v, err
}

// Check refuses a value beyond the limits.
func (v Value) Check() error {
	switch {
	case v.Height() > MaxHeight:
		return ErrTooDeep
	case v.Weight() > MaxWeight:
		return ErrTooBig
	}
	return nil
}

// ParseJSON reads one JSON document.
func ParseJSON(data []byte) (Value, error) {
	if !utf8.Valid(data) {
		return Value{}, errors.New("is not valid UTF-8")
	}
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	var plain any
	if err := d.Decode(&plain); err != nil {
		return Value{}, SafeJSONError(err)
	}
	if _, err := d.Token(); err != io.EOF {
		return Value{}, errors.New("holds more than one JSON document")
	}
	return Of(plain)
}

// SafeJSONError returns an error that says where JSON is broken and not what it holds.
func SafeJSONError(err error) error {
	var syntax *json.SyntaxError
	switch {
	case errors.As(err, &syntax):
		return fmt.Errorf("is not JSON at byte %d", syntax.Offset)
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return errors.New("is JSON that ends too early")
	default:
		return errors.New("is not JSON")
	}
}

func of(data any, depth int) (Value, error) {
	if depth > MaxHeight {
		return Value{}, ErrTooDeep
	}
	switch d := data.(type) {
	case nil:
		return NewNull(), nil
	case bool:
		return NewBool(d), nil
	case string:
		if !utf8.ValidString(d) {
			return Value{}, errors.New("is not valid UTF-8")
		}
		return NewString(d), nil
	case int:
		return NewInt(int64(d)), nil
	case int64:
		return NewInt(d), nil
	case int32:
		return NewInt(int64(d)), nil
	case uint64:
		return NewUint(d), nil
	case float64:
		return NewFloat(d)
	case json.Number:
		return NewNumber(string(d))
	case Value:
		return d, nil
	case map[string]any:
		return ofMap(d, depth)
	case []any:
		items := make([]Value, len(d))
		for i, c := range d {
			v, err := of(c, depth+1)
			if err != nil {
				return Value{}, err
			}
			items[i] = v
		}
		return NewList(items), nil
	default:
		return ofTyped(data)
	}
}

func ofMap(m map[string]any, depth int) (Value, error) {
	entries := make([]Entry, 0, len(m))
	for k, c := range m {
		if !utf8.ValidString(k) {
			return Value{}, errors.New("has a key that is not valid UTF-8")
		}
		v, err := of(c, depth+1)
		if err != nil {
			return Value{}, err
		}
		entries = append(entries, Entry{k, v})
	}
	return NewMap(entries), nil
}

func ofTyped(data any) (Value, error) {
	switch r := reflect.ValueOf(data); r.Kind() {
	case reflect.Int8, reflect.Int16:
		if _, marshals := data.(json.Marshaler); !marshals {
			return NewInt(r.Int()), nil
		}
	case reflect.Func, reflect.Chan, reflect.Complex64, reflect.Complex128, reflect.UnsafePointer:
		return Value{}, fmt.Errorf("is a %s, which JSON cannot hold", r.Kind())
	}
	encoded, err := json.Marshal(data)
	if err != nil {
		return Value{}, fmt.Errorf("is a %T that cannot be written as JSON", data)
	}
	return ParseJSON(encoded)
}

// Any returns a private copy in plain Go types: map[string]any, []any, string,
// bool, nil, int64, float64, and json.Number for what these two cannot hold.
func (v Value) Any() any {
	switch v.kind {
	case Bool:
		return v.text == "true"
	case Number:
		return v.number()
	case String:
		return v.text
	case List:
		items := make([]any, 0, v.box.n)
		for _, c := range v.Items() {
			items = append(items, c.Any())
		}
		return items
	case Map:
		m := make(map[string]any, v.box.n)
		for _, e := range v.All() {
			m[e.Key] = e.Value.Any()
		}
		return m
	}
	return nil
}

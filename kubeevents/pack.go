package kubeevents

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
	"math/big"
	"reflect"
	"slices"
)

// A packed value is a JSON-like tree in one string: a tag, then a number or a length and what it counts. It takes
// about the room of its JSON where the tree of maps takes five times that, costs the garbage collector nothing to
// scan, and equal trees are equal strings. Strings of an unpacked tree are parts of the packed one.
const (
	tagNull   = 'n'
	tagTrue   = 't'
	tagFalse  = 'f'
	tagInt    = 'i' // zigzag varint
	tagFloat  = 'd' // 8 bytes, big endian
	tagNumber = 'N' // decimal text, for integers beyond 64 bits
	tagString = 's'
	tagArray  = 'a'
	tagObject = 'o' // keys in order
)

// largestExact is the bound below which whole floats and integers are the same numbers.
const largestExact = 1 << 53

// pack appends the packed form of v. It refuses values that are not JSON-like.
func pack(to []byte, v any) ([]byte, error) {
	switch v := v.(type) {
	case nil:
		return append(to, tagNull), nil
	case bool:
		if v {
			return append(to, tagTrue), nil
		}
		return append(to, tagFalse), nil
	case string:
		return packText(to, tagString, v), nil
	case int64:
		return packInt(to, v), nil
	case int:
		return packInt(to, int64(v)), nil
	case float64:
		return packFloat(to, v), nil
	case []any:
		to = binary.AppendUvarint(append(to, tagArray), uint64(len(v)))
		var err error
		for _, element := range v {
			if to, err = pack(to, element); err != nil {
				return nil, err
			}
		}
		return to, nil
	case map[string]any:
		return packObject(to, v)
	}
	return packRare(to, v)
}

// unpack makes the tree of a packed value.
func unpack(packed string) any {
	v, _ := unpackNext(packed)
	return v
}

func packInt(to []byte, v int64) []byte {
	return binary.AppendVarint(append(to, tagInt), v)
}

// packFloat writes whole numbers as integers, so that 2 and 2.0 are equal, and what JSON has no word for as jq does.
func packFloat(to []byte, v float64) []byte {
	switch {
	case math.IsNaN(v):
		return append(to, tagNull)
	case math.IsInf(v, 0):
		v = math.Copysign(math.MaxFloat64, v)
	case v == math.Trunc(v) && math.Abs(v) < largestExact:
		return packInt(to, int64(v))
	}
	return binary.BigEndian.AppendUint64(append(to, tagFloat), math.Float64bits(v))
}

func packText(to []byte, tag byte, v string) []byte {
	return append(binary.AppendUvarint(append(to, tag), uint64(len(v))), v...)
}

func packObject(to []byte, v map[string]any) ([]byte, error) {
	to = binary.AppendUvarint(append(to, tagObject), uint64(len(v)))
	var room [16]string
	keys := room[:0]
	for key := range v {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	var err error
	for _, key := range keys {
		to = append(binary.AppendUvarint(to, uint64(len(key))), key...)
		if to, err = pack(to, v[key]); err != nil {
			return nil, err
		}
	}
	return to, nil
}

// packRare handles what Go code rather than a decoder puts into trees.
func packRare(to []byte, v any) ([]byte, error) {
	switch v := v.(type) {
	case *big.Int:
		if v.IsInt64() {
			return packInt(to, v.Int64()), nil
		}
		return packText(to, tagNumber, v.String()), nil
	case json.Number:
		if n, err := v.Int64(); err == nil {
			return packInt(to, n), nil
		}
		if whole, ok := new(big.Int).SetString(v.String(), 10); ok {
			return packText(to, tagNumber, whole.String()), nil
		}
		f, err := v.Float64()
		if err != nil {
			return nil, fmt.Errorf("a number cannot be read")
		}
		return packFloat(to, f), nil
	}
	return packReflected(to, reflect.ValueOf(v))
}

// packReflected accepts the other plain number types.
func packReflected(to []byte, v reflect.Value) ([]byte, error) {
	switch v.Kind() {
	case reflect.Int8, reflect.Int16, reflect.Int32:
		if v.Type().PkgPath() == "" {
			return packInt(to, v.Int()), nil
		}
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		if v.Type().PkgPath() == "" {
			return packRare(to, new(big.Int).SetUint64(v.Uint()))
		}
	case reflect.Float32:
		if v.Type().PkgPath() == "" {
			return packFloat(to, v.Float()), nil
		}
	}
	return nil, fmt.Errorf("a value of type %s is not JSON-like", v.Type())
}

func unpackNext(s string) (v any, rest string) {
	tag := s[0]
	s = s[1:]
	switch tag {
	case tagTrue:
		return true, s
	case tagFalse:
		return false, s
	case tagInt:
		n, s := readUvarint(s)
		return int64(n>>1) ^ -int64(n&1), s
	case tagFloat:
		var bits uint64
		for i := range 8 {
			bits = bits<<8 | uint64(s[i])
		}
		return math.Float64frombits(bits), s[8:]
	case tagNumber:
		text, s := readText(s)
		return json.Number(text), s
	case tagString:
		return readTextBoxed(s)
	case tagArray:
		n, s := readUvarint(s)
		array := make([]any, n)
		for i := range array {
			array[i], s = unpackNext(s)
		}
		return array, s
	case tagObject:
		n, s := readUvarint(s)
		object := make(map[string]any, n)
		for range n {
			var key string
			key, s = readText(s)
			object[key], s = unpackNext(s)
		}
		return object, s
	}
	return nil, s // tagNull; nothing else is ever written
}

func readTextBoxed(s string) (any, string) {
	text, rest := readText(s)
	return text, rest
}

func readText(s string) (text, rest string) {
	n, s := readUvarint(s)
	return s[:n], s[n:]
}

func readUvarint(s string) (n uint64, rest string) {
	for i := 0; ; i++ {
		n |= uint64(s[i]&0x7f) << (7 * i)
		if s[i] < 0x80 {
			return n, s[i+1:]
		}
	}
}

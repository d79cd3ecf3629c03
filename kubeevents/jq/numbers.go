package jq

import (
	"encoding/json"
	"maps"
	"math/big"
	"slices"
)

// A decoded object has int64 for integers, jq has int and, for large ones, *big.Int. Translating a tree copies only
// what holds something to translate; the given tree is never changed.

// toJQ translates a number of a decoded object.
func toJQ(v any) (any, bool) {
	switch v := v.(type) {
	case nil, bool, string, float64, int:
		return v, false
	case int64:
		return int(v), true
	case int32:
		return int(v), true
	case float32:
		return float64(v), true
	case json.Number:
		if n, err := v.Int64(); err == nil {
			return int(n), true
		}
		f, _ := v.Float64()
		return f, true
	}
	return nil, true // not part of a decoded object
}

// fromJQ translates a number of a result.
func fromJQ(v any) (any, bool) {
	switch v := v.(type) {
	case int:
		return int64(v), true
	case *big.Int:
		return json.Number(v.String()), true
	}
	return v, false
}

func translate(v any, leaf func(any) (any, bool)) (any, bool) {
	switch v := v.(type) {
	case map[string]any:
		replaced, changed := v, false
		for key, value := range v {
			if value, differs := translate(value, leaf); differs {
				if !changed {
					replaced, changed = maps.Clone(v), true
				}
				replaced[key] = value
			}
		}
		return replaced, changed
	case []any:
		replaced, changed := v, false
		for i, value := range v {
			if value, differs := translate(value, leaf); differs {
				if !changed {
					replaced, changed = slices.Clone(v), true
				}
				replaced[i] = value
			}
		}
		return replaced, changed
	}
	return leaf(v)
}

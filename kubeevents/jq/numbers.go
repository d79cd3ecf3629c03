package jq

import (
	"encoding/json"
	"maps"
	"slices"
)

// numbers returns the tree with the integers that jq knows: a decoded object has int64, jq has int. Parts that need
// no change are not copied; the given tree is never changed.
func numbers(v any) (any, bool) {
	switch v := v.(type) {
	case nil, bool, string, float64, int:
		return v, false
	case int64:
		return int(v), true
	case map[string]any:
		return object(v)
	case []any:
		return array(v)
	case json.Number:
		if n, err := v.Int64(); err == nil {
			return int(n), true
		}
		f, _ := v.Float64()
		return f, true
	case int32:
		return int(v), true
	case float32:
		return float64(v), true
	}
	return nil, true // not of a decoded object
}

func object(v map[string]any) (any, bool) {
	replaced := v
	changed := false
	for key, value := range v {
		number, differs := numbers(value)
		if !differs {
			continue
		}
		if !changed {
			replaced, changed = maps.Clone(v), true
		}
		replaced[key] = number
	}
	return replaced, changed
}

func array(v []any) (any, bool) {
	replaced := v
	changed := false
	for i, value := range v {
		number, differs := numbers(value)
		if !differs {
			continue
		}
		if !changed {
			replaced, changed = slices.Clone(v), true
		}
		replaced[i] = number
	}
	return replaced, changed
}

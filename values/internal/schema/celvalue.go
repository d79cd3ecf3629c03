package schema

import (
	"encoding/json"
	"strconv"

	"github.com/google/cel-go/common/types"

	"github.com/addonkit/addonkit/values/internal/tree"
)

// celValue hands values to a rule, with all numbers as doubles when it was written so.
func celValue(v tree.Value, doubles bool) any {
	return celPlain(v.Any(), doubles)
}

func celOld(old tree.Value, r rule) any {
	if !r.optional {
		return celValue(old, r.doubles)
	}
	if !old.Exists() {
		return types.OptionalNone
	}
	return types.OptionalOf(types.DefaultTypeAdapter.NativeToValue(celValue(old, r.doubles)))
}

func celPlain(v any, doubles bool) any {
	switch t := v.(type) {
	case int64:
		if doubles {
			return float64(t)
		}
	case json.Number:
		f, _ := strconv.ParseFloat(string(t), 64)
		return f
	case []any:
		for i := range t {
			t[i] = celPlain(t[i], doubles)
		}
	case map[string]any:
		for k := range t {
			t[k] = celPlain(t[k], doubles)
		}
	case nil:
		return types.NullValue
	}
	return v
}

package schema

import (
	"strconv"

	"github.com/google/cel-go/common/types"
	"github.com/google/cel-go/common/types/ref"

	"github.com/addonkit/addonkit/values/internal/tree"
)

// celAdapter shows values to rules, one level at a time as they are looked at, so that
// a rule at the root does not cost the whole tree.
type celAdapter struct {
	doubles bool // every number is a double
}

var _ types.Adapter = celAdapter{}

// NativeToValue implements types.Adapter.
func (a celAdapter) NativeToValue(native any) ref.Val {
	v, ok := native.(tree.Value)
	if !ok {
		return types.DefaultTypeAdapter.NativeToValue(native)
	}
	switch v.Kind() {
	case tree.Bool:
		return types.Bool(v.Text() == "true")
	case tree.String:
		return types.String(v.Text())
	case tree.Number:
		return a.number(v)
	case tree.Map:
		entries := make(map[string]tree.Value, v.Len())
		for _, e := range v.All() {
			entries[e.Key] = e.Value
		}
		return types.NewDynamicMap(a, entries)
	case tree.List:
		items := make([]tree.Value, 0, v.Len())
		for _, item := range v.Items() {
			items = append(items, item)
		}
		return types.NewDynamicList(a, items)
	}
	return types.NullValue
}

func (a celAdapter) number(v tree.Value) ref.Val {
	if v.IsInteger() && !a.doubles {
		if i, err := strconv.ParseInt(v.Text(), 10, 64); err == nil {
			return types.Int(i)
		}
	}
	f, _ := strconv.ParseFloat(v.Text(), 64)
	return types.Double(f)
}

// self and old make the variables of a rule.
func (r rule) self(v tree.Value) ref.Val { return celAdapter{r.doubles}.NativeToValue(v) }

func (r rule) old(v tree.Value) ref.Val {
	switch {
	case !r.optional:
		return r.self(v)
	case !v.Exists():
		return types.OptionalNone
	default:
		return types.OptionalOf(r.self(v))
	}
}

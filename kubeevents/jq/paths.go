package jq

import (
	"strings"

	"github.com/itchyny/gojq"
)

// Most filters only pick fields: paths, objects of paths, defaults. These are followed on the decoded object itself,
// without the interpreter and without translating the numbers of the whole object first. A step refuses whatever is
// not plain, above all what would be an error; the interpreter then has the word.
type step func(v any) (result any, plain bool)

// plainSteps returns nil when the program is more than that.
func plainSteps(q *gojq.Query) step {
	if q == nil || q.Meta != nil || len(q.Imports)+len(q.FuncDefs)+len(q.Patterns) > 0 {
		return nil
	}
	switch {
	case q.Term != nil:
		return plainTerm(q.Term)
	case q.Op == gojq.OpPipe:
		return chain(plainSteps(q.Left), plainSteps(q.Right))
	case q.Op == gojq.OpAlt:
		return alternative(plainSteps(q.Left), plainSteps(q.Right))
	}
	return nil
}

func plainTerm(t *gojq.Term) step {
	var first step
	switch t.Type {
	case gojq.TermTypeIdentity:
		first = func(v any) (any, bool) { return v, true }
	case gojq.TermTypeNull:
		first = constant(nil)
	case gojq.TermTypeTrue:
		first = constant(true)
	case gojq.TermTypeFalse:
		first = constant(false)
	case gojq.TermTypeString:
		if t.Str.Queries == nil {
			first = constant(t.Str.Str)
		}
	case gojq.TermTypeIndex:
		first = plainIndex(t.Index)
	case gojq.TermTypeObject:
		first = plainObject(t.Object)
	case gojq.TermTypeQuery:
		first = plainSteps(t.Query)
	}
	for _, suffix := range t.SuffixList {
		switch {
		case suffix.Index != nil:
			first = chain(first, plainIndex(suffix.Index))
		case suffix.Optional: // says what to do with errors, of which there are none here
		default:
			return nil
		}
	}
	return first
}

func plainIndex(index *gojq.Index) step {
	key := index.Name
	switch {
	case key != "":
	case index.Str != nil && index.Str.Queries == nil:
		key = index.Str.Str
	case !index.IsSlice && index.Start != nil && literal(index.Start) != nil:
		key = literal(index.Start).Str
	default:
		return nil
	}
	return func(v any) (any, bool) {
		switch v := v.(type) {
		case map[string]any:
			return v[key], true
		case nil:
			return nil, true
		}
		return nil, false
	}
}

// literal is the string of a query that is nothing else.
func literal(q *gojq.Query) *gojq.String {
	if q.Term == nil || q.Term.Type != gojq.TermTypeString || len(q.Term.SuffixList)+len(q.FuncDefs) > 0 || q.Term.Str.Queries != nil {
		return nil
	}
	return q.Term.Str
}

func plainObject(object *gojq.Object) step {
	keys := make([]string, len(object.KeyVals))
	values := make([]step, len(object.KeyVals))
	for i, kv := range object.KeyVals {
		switch {
		case kv.Key != "" && !strings.ContainsAny(kv.Key[:1], "$@"):
			keys[i] = kv.Key
		case kv.KeyString != nil && kv.KeyString.Queries == nil:
			keys[i] = kv.KeyString.Str
		default:
			return nil
		}
		if kv.Val == nil {
			values[i] = plainIndex(&gojq.Index{Str: &gojq.String{Str: keys[i]}})
		} else {
			values[i] = plainSteps(kv.Val)
		}
		if values[i] == nil {
			return nil
		}
	}
	return func(v any) (any, bool) {
		result := make(map[string]any, len(keys))
		for i, key := range keys {
			value, plain := values[i](v)
			if !plain {
				return nil, false
			}
			result[key] = value
		}
		return result, true
	}
}

func constant(c any) step { return func(any) (any, bool) { return c, true } }

func chain(first, second step) step {
	if first == nil || second == nil {
		return nil
	}
	return func(v any) (any, bool) {
		v, plain := first(v)
		if !plain {
			return nil, false
		}
		return second(v)
	}
}

func alternative(first, second step) step {
	if first == nil || second == nil {
		return nil
	}
	return func(v any) (any, bool) {
		result, plain := first(v)
		if !plain || result != nil && result != false {
			return result, plain
		}
		return second(v)
	}
}

package tree

import (
	"errors"
	"strconv"
	"strings"
)

// Why an edit is refused; each completes a sentence about a pointer.
var (
	ErrPointer = errors.New(`is not a JSON pointer: it must be empty or begin with "/", and "~" must be written "~0", "/" within a name "~1"`)
	ErrParent  = errors.New("has no parent to be put into; add the parent first")
	ErrMissing = errors.New("does not exist")
	ErrIndex   = errors.New("is not an index of the list")
	ErrScalar  = errors.New("has a parent that is neither a map nor a list")
)

// ParsePointer splits an RFC 6901 pointer into its tokens.
func ParsePointer(pointer string) ([]string, error) {
	if pointer == "" {
		return nil, nil
	}
	if pointer[0] != '/' {
		return nil, ErrPointer
	}
	tokens := strings.Split(pointer[1:], "/")
	for i, t := range tokens {
		if !strings.Contains(t, "~") {
			continue
		}
		for j := 0; j < len(t); j++ {
			if t[j] == '~' && (j+1 == len(t) || t[j+1] != '0' && t[j+1] != '1') {
				return nil, ErrPointer
			}
		}
		tokens[i] = strings.ReplaceAll(strings.ReplaceAll(t, "~1", "/"), "~0", "~")
	}
	return tokens, nil
}

// Pointer joins tokens to an RFC 6901 pointer.
func Pointer(tokens ...string) string {
	p := ""
	for _, t := range tokens {
		p = Join(p, t)
	}
	return p
}

// Add puts c at the path as RFC 6902 says: a key is set, an item is inserted
// before the index, "-" appends. With parents, missing maps on the way are made
// and get c's origin.
func (v Value) Add(path []string, c Value, parents bool) (Value, error) {
	if len(path) == 0 {
		return c, nil
	}
	token, rest := path[0], path[1:]
	if len(rest) > 0 {
		child, ok := v.Child(token)
		if !ok {
			if !parents || v.kind != Map {
				return Value{}, missing(v, ErrParent)
			}
			child = EmptyMap().WithOrigin(c.origin)
		}
		fresh, err := child.Add(rest, c, parents)
		if err != nil {
			return Value{}, err
		}
		return v.swap(token, fresh), nil
	}
	switch v.kind {
	case Map:
		return v.With(token, c), nil
	case List:
		i, ok := Index(token)
		if token == "-" {
			i, ok = v.Len(), true
		}
		if !ok || i > v.Len() {
			return Value{}, ErrIndex
		}
		return v.Insert(i, c), nil
	}
	return Value{}, ErrScalar
}

// Remove takes away what is at the path, which must exist.
func (v Value) Remove(path []string) (Value, error) {
	if len(path) == 0 {
		return Value{}, nil
	}
	child, ok := v.Child(path[0])
	if !ok {
		return Value{}, missing(v, ErrMissing)
	}
	if len(path) > 1 {
		fresh, err := child.Remove(path[1:])
		if err != nil {
			return Value{}, err
		}
		return v.swap(path[0], fresh), nil
	}
	if v.kind == Map {
		return v.Without(path[0]), nil
	}
	i, _ := strconv.Atoi(path[0])
	return v.Cut(i), nil
}

// Replace puts c where something is already.
func (v Value) Replace(path []string, c Value) (Value, error) {
	if len(path) == 0 {
		return c, nil
	}
	child, ok := v.Child(path[0])
	if !ok {
		return Value{}, missing(v, ErrMissing)
	}
	fresh, err := child.Replace(path[1:], c)
	if err != nil {
		return Value{}, err
	}
	return v.swap(path[0], fresh), nil
}

// swap replaces an existing child of a list, or any child of a map.
func (v Value) swap(token string, c Value) Value {
	if v.kind == Map {
		return v.With(token, c)
	}
	i, _ := strconv.Atoi(token)
	return v.Put(i, c)
}

func missing(v Value, otherwise error) error {
	switch v.kind {
	case Map:
		return otherwise
	case List:
		return ErrIndex
	default:
		return ErrScalar
	}
}

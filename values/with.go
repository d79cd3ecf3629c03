package values

import (
	"fmt"

	"github.com/addonkit/addonkit/values/internal/tree"
)

// With returns a View that holds the data at the pointer as well, in maps that
// are made where they are missing; v stays as it is. It is for what an engine
// adds to values before others see them.
func (v View) With(pointer string, data any) (View, error) {
	tokens, err := tree.ParsePointer(pointer)
	if err != nil {
		return View{}, err
	}
	part, err := tree.Of(data)
	if err != nil {
		return View{}, fmt.Errorf("the data %w", err)
	}
	return View{v: planted(v.v, tokens, part)}, nil
}

func planted(at tree.Value, tokens []string, part tree.Value) tree.Value {
	if len(tokens) == 0 {
		return part
	}
	if at.Kind() != tree.Map {
		at = tree.EmptyMap()
	}
	child, _ := at.Child(tokens[0])
	return at.With(tokens[0], planted(child, tokens[1:], part))
}

package values

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"unicode/utf8"

	"github.com/addonkit/addonkit/values/internal/tree"
)

// Op is one operation of RFC 6902: add, remove, replace, test, move or copy.
type Op struct {
	Op      string
	Path    string // a full pointer: "/webShop/internal/port"; the token "-" appends to a list
	From    string // of move and copy
	Value   any    // of add, replace and test: what ViewOf takes, or a View
	Parents bool   // of add: make the maps that are missing on the way. Not part of RFC 6902, for Go callers
}

// Patch is a list of operations, applied in order.
type Patch []Op

// ParsePatch reads operations as executable hooks write them: a stream of JSON
// documents, each an operation or a list of operations. Nothing but blanks is an empty
// Patch. Errors name the operation and never its value.
func ParsePatch(data []byte) (Patch, error) {
	if !utf8.Valid(data) {
		return nil, errors.New("the patch is not valid UTF-8")
	}
	var patch Patch
	stream := json.NewDecoder(bytes.NewReader(data))
	for {
		var doc json.RawMessage
		if err := stream.Decode(&doc); err == io.EOF {
			return patch, nil
		} else if err != nil {
			return nil, fmt.Errorf("the patch, after operation %d, %w", len(patch)-1, tree.SafeJSONError(err))
		}
		ops := []json.RawMessage{doc}
		if doc[0] == '[' {
			ops = nil
			if err := json.Unmarshal(doc, &ops); err != nil {
				return nil, fmt.Errorf("the patch, after operation %d, %w", len(patch)-1, tree.SafeJSONError(err))
			}
		}
		for _, raw := range ops {
			op, err := parseOp(raw, len(patch))
			if err != nil {
				return nil, err
			}
			patch = append(patch, op)
		}
	}
}

func parseOp(raw json.RawMessage, index int) (Op, error) {
	var wire struct {
		Op    string          `json:"op"`
		Path  *string         `json:"path"`
		From  *string         `json:"from"`
		Value json.RawMessage `json:"value"`
	}
	if err := json.Unmarshal(raw, &wire); err != nil {
		return Op{}, fmt.Errorf(`operation %d of the patch must be an object with the texts "op" and "path"`, index)
	}
	op := Op{Op: wire.Op}
	if wire.Path == nil {
		return Op{}, &PatchError{index, op.Op, "", errors.New(`needs a "path"`)}
	}
	op.Path = *wire.Path
	if wire.From != nil {
		op.From = *wire.From
	} else if op.Op == "move" || op.Op == "copy" {
		return Op{}, &PatchError{index, op.Op, op.Path, errors.New(`needs a "from"`)}
	}
	if slices.Contains([]string{"add", "replace", "test"}, op.Op) {
		if wire.Value == nil {
			return Op{}, &PatchError{index, op.Op, op.Path, errors.New(`needs a "value"`)}
		}
		v, err := tree.ParseJSON(wire.Value)
		if err != nil {
			return Op{}, &PatchError{index, op.Op, op.Path, fmt.Errorf("its value %w", err)}
		}
		op.Value = View{v: v}
	}
	return op, op.check(index)
}

// check refuses what no document could make right.
func (o Op) check(index int) error {
	if !slices.Contains([]string{"add", "remove", "replace", "test", "move", "copy"}, o.Op) {
		return &PatchError{index, o.Op, o.Path, errors.New("is none of add, remove, replace, test, move, copy")}
	}
	if _, err := tree.ParsePointer(o.Path); err != nil {
		return &PatchError{index, o.Op, o.Path, err}
	}
	if o.Op == "move" || o.Op == "copy" {
		if _, err := tree.ParsePointer(o.From); err != nil {
			return &PatchError{index, o.Op, o.From, err}
		}
	}
	return nil
}

// tree returns the operation's value.
func (o Op) tree() (tree.Value, error) {
	if v, ok := o.Value.(View); ok {
		if v.IsZero() {
			return tree.NewNull(), nil
		}
		return v.v, nil
	}
	v, err := tree.Of(o.Value)
	if err != nil {
		return tree.Value{}, fmt.Errorf("its value %w", err)
	}
	return v, nil
}

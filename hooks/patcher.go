package hooks

import (
	"fmt"
	"strings"

	"github.com/addonkit/addonkit/values"
)

// Patcher collects changes of the hook's own section of values, in order. Pointers are those of RFC 6901 below that
// section: "/replicas", and "" for the section itself.
type Patcher struct {
	ops  []values.Op // paths as in a full document when marked in full, else below the own section
	full []bool
	errs []error
}

// Set puts a value, which is anything that encoding/json can marshal, at the pointer. Missing parents are made as
// maps. The value is copied.
func (p *Patcher) Set(pointer string, value any) { p.add("add", pointer, value) }

// Append adds a value to the end of the list at the pointer, which must be there.
func (p *Patcher) Append(pointer string, value any) { p.add("add", pointer+"/-", value) }

// Remove removes what is at the pointer, which must be there.
func (p *Patcher) Remove(pointer string) {
	if p.checkPointer(pointer) {
		p.own(values.Op{Op: "remove", Path: pointer})
	}
}

// Empty tells whether nothing was asked for.
func (p *Patcher) Empty() bool { return len(p.ops) == 0 }

func (p *Patcher) add(op, pointer string, value any) {
	if !p.checkPointer(pointer) {
		return
	}
	v, err := plainValue(value)
	if err != nil {
		p.errs = append(p.errs, fmt.Errorf("the value for %s cannot be marshalled: a %T", pointer, value))
		return
	}
	p.own(values.Op{Op: op, Path: pointer, Value: v, Parents: true})
}

func (p *Patcher) checkPointer(pointer string) bool {
	if pointer == "" || pointer[0] == '/' {
		return true
	}
	p.errs = append(p.errs, fmt.Errorf("%q is no pointer; a pointer begins with a slash: %q", pointer, "/"+strings.ReplaceAll(pointer, ".", "/")))
	return false
}

func (p *Patcher) own(op values.Op)  { p.ops, p.full = append(p.ops, op), append(p.full, false) }
func (p *Patcher) root(op values.Op) { p.ops, p.full = append(p.ops, op), append(p.full, true) }

// take reads operations with full pointers; those below the own section are kept as relative ones, so that the output
// of an executable equals that of a Go hook.
func (p *Patcher) take(patch values.Patch, key string) {
	for _, op := range patch {
		if view, ok := op.Value.(values.View); ok {
			op.Value = view.Any()
		}
		path, below := strings.CutPrefix(op.Path, "/"+key)
		if !below || path != "" && path[0] != '/' || op.From != "" {
			p.root(op)
			continue
		}
		op.Path = path
		p.own(op)
	}
}

// patch gives the operations with full pointers.
func (p *Patcher) patch(key string) values.Patch {
	if len(p.ops) == 0 {
		return nil
	}
	patch := make(values.Patch, len(p.ops))
	for i, op := range p.ops {
		if !p.full[i] {
			op.Path = "/" + key + op.Path
		}
		patch[i] = op
	}
	return patch
}

// plainValue copies a value into maps, lists and plain values: whole numbers are int64, others float64, too large ones
// json.Number.
func plainValue(value any) (any, error) {
	switch v := value.(type) {
	case nil, bool, string, int64:
		return v, nil
	case int:
		return int64(v), nil
	}
	view, err := values.ViewOf(value)
	if err != nil {
		return nil, err
	}
	return view.Any(), nil
}

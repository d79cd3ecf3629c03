package values

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/addonkit/addonkit/values/internal/tree"
)

var (
	errTest       = errors.New("the test does not hold")
	errIntoItself = errors.New("a value cannot be moved into itself")
)

// step is an operation that was checked, with its paths below the section's root.
type step struct {
	index      int
	op         string
	pointer    string
	path, from []string
	value      tree.Value
	origin     *tree.Origin
	parents    bool
}

// newStep checks an operation's confinement. For a flag it returns the section's key.
func newStep(index int, o Op, own string, origin *tree.Origin) (s step, flag string, err error) {
	if err := o.check(index); err != nil {
		return step{}, "", err
	}
	s = step{index: index, op: o.Op, pointer: o.Path, origin: origin, parents: o.Parents}
	if o.Op == "add" || o.Op == "replace" || o.Op == "test" {
		v, err := o.tree()
		if err != nil {
			return step{}, "", s.refuse(err)
		}
		s.value = v.Stamp(origin)
	}
	if key, ok := cutSuffix(root(o.Path), enabledSuffix); ok && own == Global && root(o.Path) == strings.TrimPrefix(o.Path, "/") && checkKey(key) == nil && key != Global {
		return s, key, nil
	}
	if s.path, err = confine(o.Path, own); err != nil {
		return step{}, "", s.refuse(err)
	}
	if o.Op == "move" || o.Op == "copy" {
		if s.from, err = confine(o.From, own); err != nil {
			return step{}, "", s.refuse(err)
		}
	}
	return s, "", s.checkRoot()
}

// confine returns the path below the caller's root.
func confine(pointer, own string) ([]string, error) {
	tokens, err := tree.ParsePointer(pointer)
	if err != nil {
		return nil, err
	}
	if len(tokens) == 0 || tokens[0] != own {
		if own == Global {
			return nil, errors.New(`is outside of what a global hook may patch: "/global" and "/<module key>Enabled"`)
		}
		return nil, fmt.Errorf("is outside of what a hook of this module may patch: %q", "/"+own)
	}
	return tokens[1:], nil
}

// checkRoot keeps the section a map.
func (s step) checkRoot() error {
	if len(s.path) > 0 && (s.op != "move" || len(s.from) > 0) || s.op == "test" {
		return nil
	}
	switch {
	case s.op == "remove" || s.op == "move" && len(s.from) == 0:
		return s.refuse(errEmptyRoot)
	case (s.op == "add" || s.op == "replace") && s.value.Kind() != tree.Map:
		return s.refuse(errNoMap)
	case s.op == "move" || s.op == "copy":
		return s.refuse(errors.New("the section itself cannot be a target"))
	}
	return nil
}

// apply carries the operation out on the section's values.
func (s step) apply(doc tree.Value) (tree.Value, error) {
	switch s.op {
	case "add":
		return doc.Add(s.path, s.value, s.parents)
	case "remove":
		return doc.Remove(s.path)
	case "replace":
		return doc.Replace(s.path, s.value)
	case "test":
		have, ok := doc.Get(s.path...)
		if !ok || !have.Equal(s.value) && !tree.SameNumber(have, s.value) {
			return doc, errTest
		}
		return doc, nil
	}
	v, ok := doc.Get(s.from...)
	if !ok {
		return doc, fmt.Errorf("its source %w", tree.ErrMissing)
	}
	v = v.Stamp(s.origin)
	if s.op == "copy" {
		return doc.Add(s.path, v, false)
	}
	if len(s.path) > len(s.from) && slices.Equal(s.path[:len(s.from)], s.from) {
		return doc, errIntoItself
	}
	rest, err := doc.Remove(s.from)
	if err != nil {
		return doc, err
	}
	return rest.Add(s.path, v, false)
}

// repeats reports whether the operation sets what the same hook has set already, so that
// a hook that says the same again and again changes neither content nor provenance.
func (s step) repeats(doc tree.Value) bool {
	if s.op != "add" && s.op != "replace" || len(s.path) == 0 {
		return false
	}
	parent, ok := doc.Get(s.path[:len(s.path)-1]...)
	if !ok || parent.Kind() != tree.Map {
		return false
	}
	have, ok := parent.Child(s.path[len(s.path)-1])
	o := have.Origin()
	return ok && o != nil && o.Layer == s.origin.Layer && o.Source == s.origin.Source && have.Equal(s.value)
}

// touched returns the paths that the operation alters in a document. With parents it is
// the topmost one that had to be made.
func (s step) touched(before tree.Value) [][]string {
	switch s.op {
	case "test":
		return nil
	case "move":
		return [][]string{s.from, s.path}
	case "add":
		for i := 1; s.parents && i < len(s.path); i++ {
			if _, ok := before.Get(s.path[:i]...); !ok {
				return [][]string{s.path[:i]}
			}
		}
	}
	return [][]string{s.path}
}

func (s step) refuse(err error) error { return &PatchError{s.index, s.op, s.pointer, err} }

// record notes in the patch layer that hooks decide what is at the path, which now is as
// in doc. Where the path goes through a list, or through something that hooks have set as
// a whole, they decide on that: so the layer's size is that of what hooks have set, however
// often they set it. What is gone needs a mark only where the layers below have it.
func record(patches, base, doc tree.Value, path []string, origin *tree.Origin) tree.Value {
	if len(path) == 0 || patches.Kind() != tree.Overlay || doc.Kind() != tree.Map {
		return doc
	}
	token := path[0]
	now, exists := doc.Child(token)
	below, _ := base.Child(token)
	if !exists {
		if below.Exists() {
			return patches.With(token, tree.NewRemoved(origin))
		}
		return patches.Without(token)
	}
	have, noted := patches.Child(token)
	switch {
	case len(path) == 1 || now.Kind() != tree.Map:
		return patches.With(token, now)
	case !noted || have.Kind() == tree.Removed:
		if below.Kind() != tree.Map {
			return patches.With(token, now)
		}
		have = tree.EmptyOverlay().WithOrigin(origin)
	case have.Kind() != tree.Overlay || below.Kind() != tree.Map:
		return patches.With(token, now) // the layers below have lost the map meanwhile
	}
	next := record(have, below, now, path[1:], origin)
	if next.Kind() == tree.Overlay && next.Len() == 0 {
		return patches.Without(token)
	}
	return patches.With(token, next)
}

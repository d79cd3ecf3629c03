package schema

import (
	"path"
	"strings"

	"github.com/addonkit/addonkit/values/internal/tree"
)

// follow resolves a chain of references to a schema that is none.
func (c *compiler) follow(from *place, ref tree.Value) (*document, tree.Value, string, error) {
	const longest = 100
	doc := from.doc
	for range longest {
		file, fragment, _ := strings.Cut(ref.Text(), "#")
		if ref.Kind() != tree.String {
			return nil, tree.Value{}, "", from.errorf("has a $ref that is no text")
		}
		if file != "" {
			doc = c.byName(file)
		}
		if doc == nil {
			return nil, tree.Value{}, "", from.errorf("refers to another file; references may stay in the file or name config-values.yaml beside it")
		}
		tokens, err := tree.ParsePointer(fragment)
		if err != nil {
			return nil, tree.Value{}, "", from.errorf("has a $ref whose fragment is no JSON pointer")
		}
		raw, ok := doc.root.Get(tokens...)
		if !ok && c.parent != nil && doc == c.doc {
			doc = c.parent
			raw, ok = doc.root.Get(tokens...)
		}
		if !ok {
			return nil, tree.Value{}, "", from.errorf("has a $ref to %s, which does not exist", fragment)
		}
		next, again := raw.Child("$ref")
		if !again || raw.Kind() != tree.Map {
			return doc, raw, fragment, nil
		}
		ref = next
	}
	return nil, tree.Value{}, "", from.errorf("has a $ref that leads back to itself")
}

func (c *compiler) byName(file string) *document {
	for _, d := range []*document{c.doc, c.parent} {
		if d != nil && path.Base(d.file) == strings.TrimPrefix(file, "./") {
			return d
		}
	}
	return nil
}

// refuseLoops finds schemas that, for one value, ask themselves again for ever.
func (c *compiler) refuseLoops(root *Node) error {
	const open, done = 1, 2
	state := map[*Node]int{}
	var visit func(n *Node) error
	visit = func(n *Node) error {
		state[n] = open
		var err error
		n.children(func(child *Node, inPlace bool) {
			switch {
			case err != nil:
			case inPlace && state[child] == open:
				err = (&place{&document{file: child.file}, child.at}).errorf("refers to itself through allOf, anyOf, oneOf or not")
			case inPlace && state[child] == 0:
				err = visit(child)
			}
		})
		state[n] = done
		return err
	}
	var err error
	each(root, func(n *Node) {
		if err == nil && state[n] == 0 {
			err = visit(n)
		}
	})
	return err
}

// each calls fn once for every schema reachable from root.
func each(root *Node, fn func(*Node)) {
	seen := map[*Node]bool{root: true}
	for todo := []*Node{root}; len(todo) > 0; {
		n := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		fn(n)
		n.children(func(c *Node, _ bool) {
			if !seen[c] {
				seen[c] = true
				todo = append(todo, c)
			}
		})
	}
}

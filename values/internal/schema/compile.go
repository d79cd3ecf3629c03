package schema

import (
	"fmt"
	"slices"

	"github.com/addonkit/addonkit/values/internal/tree"
)

// Set is the pair of schemas of one section. Either may be nil.
type Set struct {
	Config, Values *Node
	Warnings       []string
}

// Compile reads both schemas; a File without data is none. The values schema may
// take over the config schema by x-extend.
func Compile(config, values File) (*Set, error) {
	set := &Set{}
	configDoc, err := set.read(config)
	if err != nil {
		return nil, err
	}
	valuesDoc, err := set.read(values)
	if err != nil {
		return nil, err
	}
	if configDoc != nil {
		c := newCompiler(configDoc, nil)
		if set.Config, err = c.root(configDoc); err != nil {
			return nil, err
		}
	}
	if valuesDoc != nil {
		c := newCompiler(valuesDoc, configDoc)
		if set.Values, err = c.root(valuesDoc); err != nil {
			return nil, err
		}
	}
	return set, nil
}

// document is a schema file as data.
type document struct {
	file string
	root tree.Value
}

func (s *Set) read(f File) (*document, error) {
	if len(f.Data) == 0 {
		return nil, nil
	}
	root, warnings, err := tree.ParseYAML(f.Data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", f.Name, err)
	}
	for _, w := range warnings {
		s.Warnings = append(s.Warnings, fmt.Sprintf("%s: line %d: %s", f.Name, w.Line, w.Text))
	}
	if root.Kind() == tree.Null {
		return nil, nil
	}
	if root.Kind() != tree.Map {
		return nil, fmt.Errorf("%s: a schema must be a YAML map", f.Name)
	}
	return &document{f.Name, root}, nil
}

// maxNodes bounds what one file may compile to, aliases written out.
const maxNodes = 100_000

type compiler struct {
	doc, parent *document
	made        map[string]*Node // by file, pointer and strictness
	count       int
	cel         *celCompiler
}

func newCompiler(doc, parent *document) *compiler {
	return &compiler{doc: doc, parent: parent, made: map[string]*Node{}, cel: &celCompiler{}}
}

// root compiles a whole file, with what it takes over from its parent.
func (c *compiler) root(doc *document) (*Node, error) {
	n, err := c.compile(doc, doc.root, "", true)
	if err != nil {
		return nil, err
	}
	if ext, ok := doc.root.Child("x-extend"); ok {
		if err := c.extend(n, ext); err != nil {
			return nil, err
		}
	}
	if err := c.refuseLoops(n); err != nil {
		return nil, err
	}
	settle(n)
	return n, nil
}

// extend adds to the root what the parent's root has and it has not.
func (c *compiler) extend(n *Node, ext tree.Value) error {
	at := &place{c.doc, "/x-extend"}
	if s, _ := ext.Child("schema"); s.Kind() != tree.String {
		return at.errorf("must name the schema to extend: {schema: config-values.yaml}")
	}
	if c.parent == nil {
		return at.errorf("extends config-values.yaml, which does not exist beside it")
	}
	p, err := c.compile(c.parent, c.parent.root, "", true)
	if err != nil {
		return err
	}
	for _, name := range p.names {
		if _, own := n.properties[name]; !own {
			n.setProperty(name, p.properties[name])
		}
	}
	for _, pattern := range p.patterns {
		if !slices.ContainsFunc(n.patterns, func(o patternProperty) bool { return o.re.String() == pattern.re.String() }) {
			n.patterns = append(n.patterns, pattern)
		}
	}
	for _, r := range p.required {
		if !slices.Contains(n.required, r) {
			n.required = append(n.required, r)
		}
	}
	for _, keyword := range ruleKeywords {
		if _, own := c.doc.root.Child(keyword); !own {
			n.rules = append(n.rules, rulesOf(p.rules, keyword)...)
		}
	}
	if _, own := c.doc.root.Child("x-required-for-helm"); !own {
		n.forHelm = p.forHelm
	}
	n.Sensitive = n.Sensitive || p.Sensitive
	n.Title = cmpOr(n.Title, p.Title)
	n.Description = cmpOr(n.Description, p.Description)
	return nil
}

func cmpOr(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// compile makes the node of one schema. Strict schemas take no unknown keys when
// they do not say; strictness goes down through properties and items.
func (c *compiler) compile(doc *document, raw tree.Value, at string, strict bool) (*Node, error) {
	id := fmt.Sprintf("%s#%s %t", doc.file, at, strict)
	if n := c.made[id]; n != nil {
		return n, nil
	}
	here := &place{doc, at}
	if c.count++; c.count > maxNodes {
		return nil, here.errorf("is one schema too many: more than %d when references and aliases are written out", maxNodes)
	}
	if raw.Kind() != tree.Map {
		return nil, here.errorf("must be a schema, which is a map")
	}
	if ref, ok := raw.Child("$ref"); ok {
		doc, raw, at, err := c.follow(here, ref)
		if err != nil {
			return nil, err
		}
		return c.compile(doc, raw, at, strict)
	}
	n := &Node{file: doc.file, at: at, maxProps: -1, maxItems: -1, maxLength: -1, asHelm: new(byte), properties: map[string]*Node{}}
	c.made[id] = n
	r := &reader{place: here, raw: raw, c: c}
	r.annotations(n)
	r.scalars(n)
	r.containers(n, strict)
	r.combinators(n)
	r.rules(n)
	return n, r.err
}

// settle computes what a schema must know of those below it; references may form
// cycles, so it repeats until nothing changes.
func settle(root *Node) {
	var all []*Node
	each(root, func(n *Node) {
		n.helm = len(n.forHelm) > 0
		n.masks = n.Sensitive
		n.transitions = slices.ContainsFunc(n.rules, func(r rule) bool { return r.transition })
		all = append(all, n)
	})
	for changed := true; changed; {
		changed = false
		for _, n := range slices.Backward(all) {
			helm, masks, transitions := n.helm, n.masks, n.transitions
			n.children(func(c *Node, _ bool) {
				n.helm = n.helm || c.helm
				n.masks = n.masks || c.masks
				n.transitions = n.transitions || c.transitions
			})
			changed = changed || helm != n.helm || masks != n.masks || transitions != n.transitions
		}
	}
}

// place is where something is in a schema file.
type place struct {
	doc *document
	at  string
}

func (p *place) errorf(format string, args ...any) error {
	return fmt.Errorf("%s: #%s %w", p.doc.file, p.at, fmt.Errorf(format, args...))
}

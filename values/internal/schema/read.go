package schema

import (
	"math/big"
	"regexp"
	"regexp/syntax"
	"slices"
	"strconv"

	"github.com/addonkit/addonkit/values/internal/tree"
)

// reader takes keywords from one schema; the first problem stays in err.
type reader struct {
	*place
	raw tree.Value
	c   *compiler
	err error
}

func (r *reader) annotations(n *Node) {
	n.Title, n.Description = r.text("title"), r.text("description")
	n.Sensitive = r.flag("x-sensitive")
	n.Default, _ = r.raw.Child("default")
	n.nullable = r.flag("nullable") || r.flag("x-nullable")
	if t, ok := r.raw.Child("type"); ok {
		n.types = r.names("type", t)
		for _, name := range n.types {
			if !slices.Contains([]string{"null", "boolean", "number", "integer", "string", "array", "object"}, name) {
				r.fail("type", "names no type of JSON")
			}
		}
	}
	if e, ok := r.raw.Child("enum"); ok {
		if e.Kind() != tree.List {
			r.fail("enum", "must be a list")
		}
		for _, v := range e.Items() {
			n.enum = append(n.enum, v)
		}
	}
	if v, ok := r.raw.Child("const"); ok {
		n.enum = append(n.enum, v)
	}
}

func (r *reader) scalars(n *Node) {
	n.minimum, n.maximum, n.multipleOf = r.number("minimum"), r.number("maximum"), r.number("multipleOf")
	if n.multipleOf != nil && n.multipleOf.Sign() <= 0 {
		r.fail("multipleOf", "must be above zero")
	}
	n.minimum, n.exclusiveMinimum = r.exclusive("exclusiveMinimum", n.minimum)
	n.maximum, n.exclusiveMaximum = r.exclusive("exclusiveMaximum", n.maximum)
	n.minLength, n.maxLength = r.count("minLength", 0), r.count("maxLength", -1)
	n.format = r.text("format")
	if p := r.text("pattern"); p != "" {
		n.pattern = r.regexp("pattern", p)
	}
}

// exclusive reads both forms: a boolean beside the bound, or the bound itself.
func (r *reader) exclusive(keyword string, bound *big.Rat) (*big.Rat, bool) {
	v, ok := r.raw.Child(keyword)
	if ok && v.Kind() == tree.Number {
		return r.number(keyword), true
	}
	return bound, r.flag(keyword)
}

func (r *reader) containers(n *Node, strict bool) {
	additional, says := r.raw.Child("additionalProperties")
	strictBelow := strict && (!says || r.at == "")
	n.closed = strict && !says
	switch {
	case !says:
	case additional.Kind() == tree.Bool:
		n.closed = additional.Text() == "false"
	default:
		n.additional = r.schema("additionalProperties", additional, false)
	}
	if props, ok := r.raw.Child("properties"); ok {
		r.each("properties", props, func(name, at string, s tree.Value) { n.setProperty(name, r.schema(at, s, strictBelow)) })
	}
	if props, ok := r.raw.Child("patternProperties"); ok {
		r.each("patternProperties", props, func(name, at string, s tree.Value) {
			if re := r.regexp(at, name); re != nil {
				n.patterns = append(n.patterns, patternProperty{re, r.schema(at, s, false)})
			}
		})
	}
	if items, ok := r.raw.Child("items"); ok {
		n.items = r.schema("items", items, strictBelow)
	}
	if req, ok := r.raw.Child("required"); ok {
		n.required = r.names("required", req)
	}
	if req, ok := r.raw.Child("x-required-for-helm"); ok {
		n.forHelm = r.names("x-required-for-helm", req)
	}
	n.minProps, n.maxProps = r.count("minProperties", 0), r.count("maxProperties", -1)
	n.minItems, n.maxItems = r.count("minItems", 0), r.count("maxItems", -1)
	n.uniqueItems = r.flag("uniqueItems")
}

func (r *reader) combinators(n *Node) {
	for keyword, list := range map[string]*[]*Node{"allOf": &n.allOf, "anyOf": &n.anyOf, "oneOf": &n.oneOf} {
		v, ok := r.raw.Child(keyword)
		if !ok {
			continue
		}
		if v.Kind() != tree.List {
			r.fail(keyword, "must be a list of schemas")
		}
		for i, s := range v.Items() {
			*list = append(*list, r.schema(keyword+"/"+strconv.Itoa(i), s, false))
		}
	}
	if v, ok := r.raw.Child("not"); ok {
		n.not = r.schema("not", v, false)
	}
}

func (n *Node) setProperty(name string, c *Node) {
	if _, have := n.properties[name]; !have {
		i, _ := slices.BinarySearch(n.names, name)
		n.names = slices.Insert(n.names, i, name)
	}
	n.properties[name] = c
}

// schema compiles what is below a keyword. Problems leave a schema that takes all.
func (r *reader) schema(at string, raw tree.Value, strict bool) *Node {
	if r.err != nil {
		return &Node{}
	}
	n, err := r.c.compile(r.doc, raw, r.at+"/"+at, strict)
	if err != nil {
		r.err = err
		return &Node{}
	}
	return n
}

func (r *reader) each(keyword string, v tree.Value, fn func(name, at string, s tree.Value)) {
	if v.Kind() != tree.Map {
		r.fail(keyword, "must be a map of schemas")
		return
	}
	for _, e := range v.All() {
		fn(e.Key, tree.Join(keyword, e.Key), e.Value)
	}
}

func (r *reader) text(keyword string) string {
	v, ok := r.raw.Child(keyword)
	if ok && v.Kind() != tree.String {
		r.fail(keyword, "must be a text")
	}
	return v.Text()
}

func (r *reader) flag(keyword string) bool {
	v, ok := r.raw.Child(keyword)
	if ok && v.Kind() != tree.Bool {
		r.fail(keyword, "must be true or false")
	}
	return v.Text() == "true"
}

func (r *reader) names(keyword string, v tree.Value) (names []string) {
	if v.Kind() == tree.String {
		return []string{v.Text()}
	}
	if v.Kind() != tree.List {
		r.fail(keyword, "must be a name or a list of names")
	}
	for _, c := range v.Items() {
		if c.Kind() != tree.String {
			r.fail(keyword, "must be a name or a list of names")
		}
		names = append(names, c.Text())
	}
	return names
}

func (r *reader) number(keyword string) *big.Rat {
	v, ok := r.raw.Child(keyword)
	if !ok {
		return nil
	}
	x, ok := rational(v)
	if !ok {
		r.fail(keyword, "must be a number of ordinary size")
		return nil
	}
	return x
}

func (r *reader) count(keyword string, otherwise int) int {
	v, ok := r.raw.Child(keyword)
	if !ok {
		return otherwise
	}
	x, ok := rational(v)
	if !ok || !x.IsInt() || x.Sign() < 0 || !x.Num().IsInt64() {
		r.fail(keyword, "must be a whole number, not below zero")
		return otherwise
	}
	return int(x.Num().Int64())
}

// maxPattern and maxProgram bound a regular expression, which Go matches in time
// proportional to its compiled size.
const (
	maxPattern = 4096
	maxProgram = 20_000
)

func (r *reader) regexp(keyword, pattern string) *regexp.Regexp {
	if len(pattern) > maxPattern {
		r.fail(keyword, "has a pattern of more than 4096 characters")
		return nil
	}
	parsed, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil {
		r.fail(keyword, "has a pattern that is no regular expression of Go's syntax")
		return nil
	}
	if program, err := syntax.Compile(parsed.Simplify()); err != nil || len(program.Inst) > maxProgram {
		r.fail(keyword, "has a pattern that is too costly; use smaller repetitions")
		return nil
	}
	re, err := regexp.Compile(pattern)
	if err != nil {
		r.fail(keyword, "has a pattern that is no regular expression of Go's syntax")
	}
	return re
}

func (r *reader) fail(keyword, what string) {
	if r.err == nil {
		r.err = (&place{r.doc, r.at + "/" + keyword}).errorf("%s", what)
	}
}

package schema

import (
	"math/big"
	"regexp"

	"github.com/addonkit/addonkit/values/internal/tree"
)

// File is a schema's YAML with its name.
type File struct {
	Name string
	Data []byte
}

// Node is one compiled schema, and the schemas below it.
type Node struct {
	file, at string

	Title, Description string
	Sensitive          bool
	Default            tree.Value // Absent: none

	types    []string // empty: any
	nullable bool
	enum     []tree.Value

	properties map[string]*Node
	names      []string // of the properties, sorted
	patterns   []patternProperty
	additional *Node // nil: see closed
	closed     bool  // no keys but those named
	required   []string
	forHelm    []string // required in the helm role only
	minProps   int
	maxProps   int // -1: no bound

	items       *Node
	minItems    int
	maxItems    int
	uniqueItems bool

	minimum, maximum, multipleOf       *big.Rat
	exclusiveMinimum, exclusiveMaximum bool
	minLength, maxLength               int
	pattern                            *regexp.Regexp
	format                             string

	allOf, anyOf, oneOf []*Node
	not                 *Node

	rules []rule

	helm        bool // this or a schema below asks more in the helm role
	masks       bool // this or a schema below is sensitive
	transitions bool // this or a schema below has a rule about the old value
	asHelm      *byte
}

type patternProperty struct {
	re   *regexp.Regexp
	node *Node
}

// proof returns the key under which a container remembers that it fits.
func (n *Node) proof(helm bool) any {
	if helm && n.helm {
		return n.asHelm
	}
	return n
}

// children calls fn for every schema directly below; inPlace tells those that are
// asked about the same value.
func (n *Node) children(fn func(c *Node, inPlace bool)) {
	for _, name := range n.names {
		fn(n.properties[name], false)
	}
	for _, p := range n.patterns {
		fn(p.node, false)
	}
	for _, c := range []*Node{n.additional, n.items} {
		if c != nil {
			fn(c, false)
		}
	}
	for _, list := range [][]*Node{n.allOf, n.anyOf, n.oneOf} {
		for _, c := range list {
			fn(c, true)
		}
	}
	if n.not != nil {
		fn(n.not, true)
	}
}

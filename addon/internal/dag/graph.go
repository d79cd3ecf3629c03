package dag

import (
	"maps"
	"slices"
)

// Node is one thing that needs others.
type Node struct {
	Name  string
	Needs []string
}

// Graph is a set of nodes by name.
type Graph struct {
	nodes      map[string]Node
	names      []string            // sorted
	dependents map[string][]string // who needs a node, sorted
	problems   map[string]error
}

// New makes the graph of the nodes. Of nodes with one name the first counts.
func New(nodes ...Node) *Graph {
	g := &Graph{nodes: map[string]Node{}, dependents: map[string][]string{}, problems: map[string]error{}}
	for _, n := range nodes {
		if _, known := g.nodes[n.Name]; known {
			continue
		}
		n.Needs = slices.Compact(slices.Sorted(slices.Values(n.Needs)))
		g.nodes[n.Name] = n
	}
	g.names = slices.Sorted(maps.Keys(g.nodes))
	for _, name := range g.names {
		for _, need := range g.nodes[name].Needs {
			g.dependents[need] = append(g.dependents[need], name)
		}
	}
	g.findProblems()
	return g
}

// Problem says why a node can never have its turn: a *[CycleError], a *[MissingError], or a *[BlockedError]. It is
// nil for a sound node and for an unknown one.
func (g *Graph) Problem(name string) error { return g.problems[name] }

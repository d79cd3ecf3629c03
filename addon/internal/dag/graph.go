package dag

import (
	"cmp"
	"maps"
	"slices"
)

// Node is one thing to order.
type Node struct {
	Name  string
	Needs []string // names that must come first
	Order int      // lower comes first where needs allow
}

// Graph is a set of nodes by name.
type Graph struct {
	nodes      map[string]Node
	names      []string            // sorted
	dependents map[string][]string // who needs a node, sorted
	problems   map[string]error
	waves      [][]string
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
	g.sort()
	return g
}

// Problem says why a node can never have its turn: a *[CycleError], a *[MissingError], or a *[BlockedError]. It is
// nil for a sound node and for an unknown one.
func (g *Graph) Problem(name string) error { return g.problems[name] }

// Waves is the order in which the sound nodes have their turn. The nodes of one wave, sorted by name, do not depend
// on each other. The caller owns the result.
func (g *Graph) Waves() [][]string {
	waves := make([][]string, len(g.waves))
	for i, w := range g.waves {
		waves[i] = slices.Clone(w)
	}
	return waves
}

// Reverse is Waves backwards: dependents before what they need.
func (g *Graph) Reverse() [][]string {
	waves := g.Waves()
	slices.Reverse(waves)
	return waves
}

// Needs lists what a node needs directly, sorted, known or not.
func (g *Graph) Needs(name string) []string { return slices.Clone(g.nodes[name].Needs) }

// Dependents lists the nodes that need this one directly, sorted.
func (g *Graph) Dependents(name string) []string { return slices.Clone(g.dependents[name]) }

// AllDependents lists the nodes that need this one, directly or by way of others, sorted. In a cycle that includes
// the node itself.
func (g *Graph) AllDependents(name string) []string {
	found := map[string]bool{}
	next := g.dependents[name]
	for len(next) > 0 {
		var beyond []string
		for _, d := range next {
			if !found[d] {
				found[d] = true
				beyond = append(beyond, g.dependents[d]...)
			}
		}
		next = beyond
	}
	return slices.Sorted(maps.Keys(found))
}

// sort takes, again and again, all nodes of the lowest order among those whose needs have had their turn.
func (g *Graph) sort() {
	missing := map[string]int{} // how many needs a node yet waits for
	var free []string
	for _, name := range g.names {
		if g.problems[name] != nil {
			continue
		}
		if missing[name] = len(g.nodes[name].Needs); missing[name] == 0 {
			free = append(free, name)
		}
	}
	for len(free) > 0 {
		slices.SortFunc(free, g.compare)
		lowest := g.nodes[free[0]].Order
		end := 1
		for end < len(free) && g.nodes[free[end]].Order == lowest {
			end++
		}
		wave := slices.Clone(free[:end])
		g.waves = append(g.waves, wave)
		free = slices.Delete(free, 0, end)
		for _, name := range wave {
			for _, d := range g.dependents[name] {
				if g.problems[d] != nil {
					continue
				}
				if missing[d]--; missing[d] == 0 {
					free = append(free, d)
				}
			}
		}
	}
}

func (g *Graph) compare(a, b string) int {
	return cmp.Or(cmp.Compare(g.nodes[a].Order, g.nodes[b].Order), cmp.Compare(a, b))
}

package dag

import (
	"fmt"
	"slices"
	"strings"

	"github.com/addonkit/addonkit/internal/nearest"
)

// CycleError says that a node needs itself by way of others.
type CycleError struct {
	Path []string // a shortest way around: the node, what it needs, …, the node
}

// Error spells the cycle out.
func (e *CycleError) Error() string {
	return "needs go round in a cycle: " + strings.Join(e.Path, " needs ") + "; remove one of these needs"
}

// MissingError says that a node needs something that does not exist.
type MissingError struct {
	Node, Target string
	Nearest      string // a known name much like Target; empty when there is none
}

// Error names what is missing, with the name that may have been meant.
func (e *MissingError) Error() string {
	text := fmt.Sprintf("%s needs %s, which does not exist", e.Node, e.Target)
	if e.Nearest != "" {
		text += fmt.Sprintf("; did you mean %s?", e.Nearest)
	}
	return text
}

// BlockedError says that a node needs, directly or by way of others, a node that has a problem of its own.
type BlockedError struct {
	Path []string // the node, what it needs, …, the one with the problem
	Err  error    // that problem
}

// Error tells the way to the problem, and the problem.
func (e *BlockedError) Error() string {
	return fmt.Sprintf("%s: %v", strings.Join(e.Path, " needs "), e.Err)
}

// Unwrap gives the problem at the end of the way.
func (e *BlockedError) Unwrap() error { return e.Err }

// findProblems looks for unknown needs, then cycles, then for whom those block, by the shortest ways.
func (g *Graph) findProblems() {
	for _, name := range g.names {
		for _, need := range g.nodes[name].Needs {
			if _, known := g.nodes[need]; !known {
				g.problems[name] = &MissingError{Node: name, Target: need, Nearest: nearest.Name(need, g.names)}
				break
			}
		}
	}
	// A cycle lies within its strongly connected part, so nobody outside needs to be searched.
	for _, part := range g.parts() {
		for _, name := range part {
			if path := g.around(name, part); path != nil && g.problems[name] == nil {
				g.problems[name] = &CycleError{Path: path}
			}
		}
	}
	g.spread()
}

// spread gives every sound node that needs one with a problem the way there.
func (g *Graph) spread() {
	var reached []string
	way := map[string][]string{}
	for _, name := range g.names {
		if g.problems[name] != nil {
			reached, way[name] = append(reached, name), []string{name}
		}
	}
	for len(reached) > 0 {
		name := reached[0]
		reached = reached[1:]
		for _, d := range g.dependents[name] {
			if g.problems[d] != nil {
				continue
			}
			way[d] = append([]string{d}, way[name]...)
			g.problems[d] = &BlockedError{Path: way[d], Err: g.problems[way[name][len(way[name])-1]]}
			reached = append(reached, d)
		}
	}
}

// around finds a shortest way from a node back to it within its part; nil when there is none.
func (g *Graph) around(name string, part []string) []string {
	from := map[string]string{}
	for next := []string{name}; len(next) > 0; next = next[1:] {
		for _, need := range g.nodes[next[0]].Needs {
			if need == name {
				path := []string{name}
				for at := next[0]; at != name; at = from[at] {
					path = append(path, at)
				}
				path = append(path, name)
				slices.Reverse(path)
				return path
			}
			if _, seen := from[need]; !seen && slices.Contains(part, need) {
				from[need] = next[0]
				next = append(next, need)
			}
		}
	}
	return nil
}

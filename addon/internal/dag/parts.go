package dag

import "slices"

// parts cuts the graph into its strongly connected parts, each sorted, by Tarjan's method with a stack of its own:
// a long chain of needs must not be deep recursion.
func (g *Graph) parts() [][]string {
	var (
		parts  [][]string
		number = map[string]int{} // the order of discovery, from 1
		low    = map[string]int{} // the earliest node reachable
		open   []string           // found, not yet in a part
		isOpen = map[string]bool{}
	)
	type frame struct {
		name string
		next int // of its needs
	}
	for _, root := range g.names {
		if number[root] != 0 {
			continue
		}
		stack := []frame{{name: root}}
		for len(stack) > 0 {
			f := &stack[len(stack)-1]
			if f.next == 0 && number[f.name] == 0 {
				number[f.name] = len(number) + 1
				low[f.name] = number[f.name]
				open, isOpen[f.name] = append(open, f.name), true
			}
			if needs := g.nodes[f.name].Needs; f.next < len(needs) {
				need := needs[f.next]
				f.next++
				switch _, known := g.nodes[need]; {
				case !known:
				case number[need] == 0:
					stack = append(stack, frame{name: need})
				case isOpen[need]:
					low[f.name] = min(low[f.name], number[need])
				}
				continue
			}
			name := f.name
			stack = stack[:len(stack)-1]
			if len(stack) > 0 {
				above := stack[len(stack)-1].name
				low[above] = min(low[above], low[name])
			}
			if low[name] == number[name] {
				at := slices.Index(open, name)
				part := slices.Sorted(slices.Values(open[at:]))
				open = open[:at]
				for _, member := range part {
					isOpen[member] = false
				}
				parts = append(parts, part)
			}
		}
	}
	return parts
}

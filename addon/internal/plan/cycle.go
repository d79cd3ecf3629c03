package plan

import (
	"slices"
	"strings"
)

// StallCycles marks the modules whose needs lead back to themselves, spelling
// the cycle out, and those alone. The order of modules is kept.
func StallCycles(modules []Module) []Module {
	needs := map[string][]string{}
	for _, m := range modules {
		needs[m.Name] = m.Needs
	}
	stalled := slices.Clone(modules)
	for i, m := range stalled {
		if cycle := cycleFrom(needs, m.Name); cycle != nil && m.Stalled == "" {
			stalled[i].Stalled = "needs itself: " + strings.Join(cycle, " → ") + "; remove one of these needs"
		}
	}
	return stalled
}

// cycleFrom is the shortest way from a module back to itself along needs.
func cycleFrom(needs map[string][]string, from string) []string {
	previous := map[string]string{}
	for frontier := []string{from}; len(frontier) > 0; {
		var next []string
		for _, at := range frontier {
			for _, need := range needs[at] {
				if need == from {
					return path(previous, from, at)
				}
				if _, seen := previous[need]; !seen {
					previous[need] = at
					next = append(next, need)
				}
			}
		}
		frontier = next
	}
	return nil
}

func path(previous map[string]string, from, to string) []string {
	way := []string{from}
	for at := to; at != from; at = previous[at] {
		way = append(way, at)
	}
	way = append(way, from)
	slices.Reverse(way)
	return way
}

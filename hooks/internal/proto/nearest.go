package proto

import (
	"fmt"
	"slices"
	"strings"
)

// DidYouMean is `; did you mean "x"?` with the known name nearest to name, or empty when none is near.
func DidYouMean(name string, known []string) string {
	known = slices.Sorted(slices.Values(known)) // ties are decided by the alphabet
	best, distance := "", len(name)/3+2
	for _, k := range known {
		if d := edits(strings.ToLower(name), strings.ToLower(k)); d < distance {
			best, distance = k, d
		}
	}
	if best == "" {
		return ""
	}
	return fmt.Sprintf("; did you mean %q?", best)
}

// edits is the number of single-letter changes that lead from a to b.
func edits(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}

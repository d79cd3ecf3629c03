// Package nearest finds the name that was probably meant by a misspelt one.
package nearest

import "strings"

// longest is the length in bytes above which a name is not compared: nobody
// misspells such a name, and comparing costs the product of the lengths.
const longest = 100

// Name returns the known name that takes the fewest single-letter edits,
// whatever the case of letters, and of several the first by the alphabet. It is
// "" when none is near: at most a third of the letters and one may differ, and
// never all.
func Name(name string, known []string) string {
	if len(name) > longest {
		return ""
	}
	best, least := "", min(len(name)/3+2, len(name))
	for _, k := range known {
		if len(k) > longest {
			continue
		}
		if d := edits(strings.ToLower(name), strings.ToLower(k)); d < least || d == least && best != "" && k < best {
			best, least = k, d
		}
	}
	return best
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
			changed := diagonal
			if a[i] != b[j] {
				changed++
			}
			diagonal = row[j+1]
			row[j+1] = min(changed, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}

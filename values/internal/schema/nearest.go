package schema

// nearest returns the name that a misspelt one most probably means, "" for none.
func nearest(name string, names []string) string {
	best, distance := "", 3
	if len(name) > 100 {
		return ""
	}
	for _, candidate := range names {
		if d := edits(name, candidate); d < distance && d < len(name) {
			best, distance = candidate, d
		}
	}
	return best
}

// edits counts the single-character edits between two names.
func edits(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i]|0x20 == b[j]|0x20 {
				cost = 0
			}
			diagonal, row[j+1] = row[j+1], min(row[j+1]+1, row[j]+1, diagonal+cost)
		}
	}
	return row[len(b)]
}

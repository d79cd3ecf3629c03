package dag

// nearest finds the known name that takes the fewest edits, at most a third of the letters; "" when none is near.
func nearest(name string, known []string) string {
	best, most := "", len(name)/3+1
	for _, k := range known {
		if d := distance(name, k); d < most {
			best, most = k, d
		}
	}
	return best
}

// distance counts the letters to insert, delete or replace on the way from a to b.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			replaced := diagonal
			if a[i] != b[j] {
				replaced++
			}
			diagonal = row[j+1]
			row[j+1] = min(replaced, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}

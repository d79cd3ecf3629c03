package audit

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"
)

// Row is how many requests one client sent with one verb for one kind.
type Row struct {
	Client, Verb, Kind string
	Count              int
}

// Table is a count of requests, the most frequent first.
type Table []Row

// Table counts the requests by client, verb and kind.
func (e Events) Table() Table {
	counts := map[Row]int{}
	for _, event := range e {
		counts[Row{Client: event.Client(), Verb: event.Verb, Kind: event.Kind()}]++
	}
	table := make(Table, 0, len(counts))
	for row, count := range counts {
		row.Count = count
		table = append(table, row)
	}
	slices.SortFunc(table, func(a, b Row) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Client, b.Client), cmp.Compare(a.Verb, b.Verb), cmp.Compare(a.Kind, b.Kind))
	})
	return table
}

// Total is the number of requests in the table.
func (t Table) Total() (total int) {
	for _, row := range t {
		total += row.Count
	}
	return total
}

// String prints the table with a heading and the total.
func (t Table) String() string {
	var text strings.Builder
	w := tabwriter.NewWriter(&text, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "COUNT\tCLIENT\tVERB\tKIND")
	for _, row := range t {
		fmt.Fprintf(w, "%d\t%s\t%s\t%s\n", row.Count, row.Client, row.Verb, row.Kind)
	}
	fmt.Fprintf(w, "%d\tin all\n", t.Total())
	_ = w.Flush()
	return text.String()
}

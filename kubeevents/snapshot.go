package kubeevents

import (
	"cmp"
	"encoding/json"
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"
)

// Snapshot is what a subscription knew at one moment: an immutable list of items, sorted by namespace and name. It is
// cheap to copy and safe for concurrent use. The zero Snapshot is empty.
type Snapshot struct {
	state *snapshotState
}

type snapshotState struct {
	records  []*record
	revision string
	fresh    time.Time
}

// NewSnapshot makes a snapshot of the given items, for tests and for hosts with a source of their own. Of items with
// the same namespace and name the last one counts.
func NewSnapshot(items ...Item) Snapshot {
	byKey := make(map[string]*record, len(items))
	for _, item := range items {
		byKey[item.Namespace+"/"+item.Name] = recordOf(item)
	}
	return Snapshot{&snapshotState{records: sorted(byKey), fresh: time.Now()}}
}

// Len is the number of items.
func (s Snapshot) Len() int { return len(s.records()) }

// At returns the i-th item.
func (s Snapshot) At(i int) Item { return s.records()[i].item() }

// All iterates over the items. Each is made when it is reached.
func (s Snapshot) All() iter.Seq[Item] {
	return func(yield func(Item) bool) {
		for _, record := range s.records() {
			if !yield(record.item()) {
				return
			}
		}
	}
}

// Find returns the item of that namespace and name. Of objects without a namespace, namespace is "".
func (s Snapshot) Find(namespace, name string) (Item, bool) {
	i, found := slices.BinarySearchFunc(s.records(), &identity{namespace, name}, func(r *record, id *identity) int {
		return compareIdentities(r.id, id)
	})
	if !found {
		return Item{}, false
	}
	return s.At(i), true
}

// Revision is the resource version up to which the streams behind the snapshot had been read, one for each stream,
// joined by commas. Empty before the first list, and for snapshots made by NewSnapshot.
func (s Snapshot) Revision() string {
	if s.state == nil {
		return ""
	}
	return s.state.revision
}

// Time is the moment up to which the snapshot is known to be current: that of the snapshot while the watches are
// alive, that of the interruption while one is not. Zero before the first list.
func (s Snapshot) Time() time.Time {
	if s.state == nil {
		return time.Time{}
	}
	return s.state.fresh
}

// Age is the time that has passed since Time; 0 for a snapshot that never was current.
func (s Snapshot) Age() time.Duration {
	if s.Time().IsZero() {
		return 0
	}
	return time.Since(s.Time())
}

// Results iterates over the results as values of type R. A result of another type, as jq makes them, is converted by
// way of JSON. The error names the object whose result is not an R; iteration goes on behind it.
func Results[R any](s Snapshot) iter.Seq2[R, error] {
	return func(yield func(R, error) bool) {
		for item := range s.All() {
			if !yield(resultAs[R](item)) {
				return
			}
		}
	}
}

func (s Snapshot) records() []*record {
	if s.state == nil {
		return nil
	}
	return s.state.records
}

func resultAs[R any](item Item) (R, error) {
	if result, ok := item.Result.(R); ok {
		return result, nil
	}
	var result R
	if !item.HasResult {
		return result, fmt.Errorf("%s has no result: the query has no filter", printName(item.Namespace, item.Name))
	}
	data, err := json.Marshal(item.Result)
	if err == nil {
		err = json.Unmarshal(data, &result)
	}
	if err != nil {
		return result, fmt.Errorf("the result for %s is not a %T", printName(item.Namespace, item.Name), result)
	}
	return result, nil
}

// sorted returns the records by namespace and name.
func sorted(byKey map[string]*record) []*record {
	records := make([]*record, 0, len(byKey))
	for _, r := range byKey {
		records = append(records, r)
	}
	slices.SortFunc(records, func(a, b *record) int { return compareIdentities(a.id, b.id) })
	return records
}

func compareIdentities(a, b *identity) int {
	return cmp.Or(strings.Compare(a.namespace, b.namespace), strings.Compare(a.name, b.name))
}

func printName(namespace, name string) string {
	if namespace == "" {
		return name
	}
	return namespace + "/" + name
}

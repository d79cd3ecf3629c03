package tree

import (
	"hash/fnv"
	"iter"
	"slices"
	"sort"
	"strings"
	"sync/atomic"
)

// Entry is a key with its value. Entries of a list have no key.
type Entry struct {
	Key   string
	Value Value
}

// box holds the entries of a container, and what was computed of them. A small
// one is flat; a wide one is cut into flat segments, so that an edit copies one
// segment and not all entries. Where the cuts are depends on the content alone:
// in a map after the keys whose hash says so, in a list every listSegment items.
type box struct {
	kind    Kind
	n       int
	leaves  int
	height  int
	weight  int64
	entries []Entry // sorted by key in a map
	segs    []*box
	part    bool // one of another box's segs

	digest atomic.Pointer[Digest]
	json   atomic.Pointer[[]byte]
	valid  atomic.Pointer[proof]
}

const (
	flatMax     = 128
	listSegment = 64
	mapSegment  = 64
)

// newBox takes ownership of entries, which are sorted by key in a map.
func newBox(kind Kind, entries []Entry) *box {
	if len(entries) <= flatMax {
		return flatBox(kind, entries)
	}
	var segs []*box
	for start := 0; start < len(entries); {
		end := start + segmentLen(kind, entries[start:])
		segs = append(segs, segmentBox(kind, entries[start:end:end]))
		start = end
	}
	return wideBox(kind, segs)
}

func flatBox(kind Kind, entries []Entry) *box {
	b := &box{kind: kind, n: len(entries), entries: entries}
	for i := range entries {
		e := &entries[i]
		b.weight += int64(len(e.Key)) + e.Value.Weight() + 4
		b.height = max(b.height, e.Value.Height())
		b.leaves += e.Value.LeafCount()
	}
	b.height++
	return b
}

// segmentBox makes one of the segs of a wide box.
func segmentBox(kind Kind, entries []Entry) *box {
	b := flatBox(kind, entries)
	b.part = true
	return b
}

func wideBox(kind Kind, segs []*box) *box {
	b := &box{kind: kind, segs: segs}
	for _, s := range segs {
		b.n += s.n
		b.leaves += s.leaves
		b.weight += s.weight
		b.height = max(b.height, s.height)
	}
	return b
}

// segmentLen returns how many of the entries the first segment takes.
func segmentLen(kind Kind, entries []Entry) int {
	if kind == List {
		return min(listSegment, len(entries))
	}
	for i := range entries {
		if endsSegment(entries[i].Key) {
			return i + 1
		}
	}
	return len(entries)
}

func endsSegment(key string) bool {
	h := fnv.New32a()
	h.Write([]byte(key))
	s := h.Sum32()
	return (s^s>>16)%mapSegment == 0
}

// all yields the entries in order.
func (b *box) all() iter.Seq2[int, Entry] {
	return func(yield func(int, Entry) bool) {
		i := 0
		for _, part := range b.parts() {
			for _, e := range part.entries {
				if !yield(i, e) {
					return
				}
				i++
			}
		}
	}
}

// parts returns the flat boxes that hold the entries.
func (b *box) parts() []*box {
	if b.segs != nil {
		return b.segs
	}
	return []*box{b}
}

// flat returns the entries in one slice that must not be changed.
func (b *box) flat() []Entry {
	if b.segs == nil {
		return b.entries
	}
	all := make([]Entry, 0, b.n)
	for _, s := range b.segs {
		all = append(all, s.entries...)
	}
	return all
}

func (b *box) at(i int) Entry {
	if b.segs == nil {
		return b.entries[i]
	}
	if b.kind == List {
		return b.segs[i/listSegment].entries[i%listSegment]
	}
	for _, s := range b.segs {
		if i < s.n {
			return s.entries[i]
		}
		i -= s.n
	}
	return Entry{}
}

func (b *box) get(key string) (Value, bool) {
	b, _ = b.segment(key)
	if i, ok := b.find(key); ok {
		return b.entries[i].Value, true
	}
	return Value{}, false
}

// segment returns the flat box where the key is or would be.
func (b *box) segment(key string) (*box, int) {
	if b.segs == nil {
		return b, 0
	}
	i := sort.Search(len(b.segs), func(i int) bool {
		s := b.segs[i]
		return s.entries[s.n-1].Key >= key
	})
	i = min(i, len(b.segs)-1)
	return b.segs[i], i
}

func (b *box) find(key string) (int, bool) {
	return slices.BinarySearchFunc(b.entries, key, func(e Entry, k string) int { return strings.Compare(e.Key, k) })
}

// set returns the map with the key at the value.
func (b *box) set(key string, v Value) *box {
	s, at := b.segment(key)
	i, found := s.find(key)
	if found {
		return b.replace(s, at, i, v)
	}
	fresh := make([]Entry, 0, s.n+1)
	fresh = append(append(append(fresh, s.entries[:i]...), Entry{key, v}), s.entries[i:]...)
	if b.segs == nil {
		return newBox(b.kind, fresh)
	}
	repl := make([]*box, 0, 2)
	for start := 0; start < len(fresh); {
		end := start + segmentLen(b.kind, fresh[start:])
		repl = append(repl, segmentBox(b.kind, fresh[start:end:end]))
		start = end
	}
	return wideBox(b.kind, slices.Replace(slices.Clone(b.segs), at, at+1, repl...))
}

// replace returns the container with another value at entry i of the segment.
func (b *box) replace(s *box, at, i int, v Value) *box {
	fresh := slices.Clone(s.entries)
	fresh[i].Value = v
	if b.segs == nil {
		return flatBox(b.kind, fresh)
	}
	segs := slices.Clone(b.segs)
	segs[at] = segmentBox(b.kind, fresh)
	return wideBox(b.kind, segs)
}

// unset returns the map without the key.
func (b *box) unset(key string) *box {
	s, at := b.segment(key)
	i, found := s.find(key)
	if !found {
		return b
	}
	if b.segs == nil || b.n-1 <= flatMax || s.n == 1 || i == s.n-1 {
		all := b.flat()
		if b.segs == nil {
			all = slices.Clone(all)
		}
		i, _ := slices.BinarySearchFunc(all, key, func(e Entry, k string) int { return strings.Compare(e.Key, k) })
		return newBox(b.kind, slices.Delete(all, i, i+1))
	}
	segs := slices.Clone(b.segs)
	segs[at] = segmentBox(b.kind, slices.Concat(s.entries[:i], s.entries[i+1:]))
	return wideBox(b.kind, segs)
}

// put returns the list with another item at i.
func (b *box) put(i int, v Value) *box {
	if b.segs == nil {
		return b.replace(b, 0, i, v)
	}
	return b.replace(b.segs[i/listSegment], i/listSegment, i%listSegment, v)
}

// insert returns the list with the item before i; i may be the length.
func (b *box) insert(i int, v Value) *box {
	last := len(b.segs) - 1
	if i == b.n && b.segs != nil {
		segs := slices.Clone(b.segs)
		if s := segs[last]; s.n < listSegment {
			segs[last] = segmentBox(List, append(slices.Clone(s.entries), Entry{Value: v}))
		} else {
			segs = append(segs, segmentBox(List, []Entry{{Value: v}}))
		}
		return wideBox(List, segs)
	}
	return newBox(List, slices.Insert(slices.Clone(b.flat()), i, Entry{Value: v}))
}

// cut returns the list without item i.
func (b *box) cut(i int) *box {
	return newBox(List, slices.Delete(slices.Clone(b.flat()), i, i+1))
}

package tree

import "iter"

// proof is one thing that was found out about a container's content and holds
// for ever, since the content never changes.
type proof struct {
	of   any
	next *proof
}

// maxProofs bounds what a container remembers; with more it forgets the oldest
// half by starting anew.
const maxProofs = 16

// Part is a run of entries of a container. Which entries are together depends on the
// content alone, and an edit leaves all parts but one as they are. What is proved of a
// Part is about its entries, not about the container.
type Part struct{ box *box }

// Parts yields the parts of a container.
func (v Value) Parts() iter.Seq[Part] {
	return func(yield func(Part) bool) {
		if !v.IsContainer() {
			return
		}
		for _, b := range v.box.segs {
			if !yield(Part{b}) {
				return
			}
		}
		if v.box.segs == nil {
			yield(Part{v.box})
		}
	}
}

// Entries returns the entries, which must not be changed.
func (p Part) Entries() []Entry { return p.box.entries }

// Proved and Prove are those of Value, about the entries. In a container that is one
// part, the container's own proofs count too.
func (p Part) Proved(key any) bool { return p.box.proved(key) }

// Prove notes that what the key stands for holds for the entries. It does nothing for a
// container that is one part, whose proofs are about more.
func (p Part) Prove(key any) {
	if p.box.part {
		p.box.prove(key)
	}
}

// Proved reports whether Prove was called with this key on this very container.
func (v Value) Proved(key any) bool {
	return v.box != nil && v.box.proved(key)
}

// Prove notes on the container that what the key stands for holds for its
// content. Keys are compared with ==.
func (v Value) Prove(key any) {
	if v.box != nil {
		v.box.prove(key)
	}
}

func (b *box) proved(key any) bool {
	for p := b.valid.Load(); p != nil; p = p.next {
		if p.of == key {
			return true
		}
	}
	return false
}

func (b *box) prove(key any) {
	if b.proved(key) {
		return
	}
	for {
		old := b.valid.Load()
		next := old
		if length(old) >= maxProofs {
			next = nil
		}
		if b.valid.CompareAndSwap(old, &proof{of: key, next: next}) {
			return
		}
	}
}

func length(p *proof) (n int) {
	for ; p != nil; p = p.next {
		n++
	}
	return n
}

package tree

// proof is one thing that was found out about a container's content and holds
// for ever, since the content never changes.
type proof struct {
	of   any
	next *proof
}

// maxProofs bounds what a container remembers; with more it forgets the oldest
// half by starting anew.
const maxProofs = 16

// Proved reports whether Prove was called with this key on this very container.
func (v Value) Proved(key any) bool {
	if v.box == nil {
		return false
	}
	for p := v.box.valid.Load(); p != nil; p = p.next {
		if p.of == key {
			return true
		}
	}
	return false
}

// Prove notes on the container that what the key stands for holds for its
// content. Keys are compared with ==.
func (v Value) Prove(key any) {
	if v.box == nil || v.Proved(key) {
		return
	}
	for {
		old := v.box.valid.Load()
		next := old
		if length(old) >= maxProofs {
			next = nil
		}
		if v.box.valid.CompareAndSwap(old, &proof{of: key, next: next}) {
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

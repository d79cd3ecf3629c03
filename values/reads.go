package values

import (
	"slices"
	"strings"
	"sync"
)

// Reads records which pointers a tracked View was asked for. A subtree counts as
// read when it was turned into something (Get, Map, JSON, Digest, Keys, Exists, …),
// not when At merely passed through it. Safe for concurrent use.
type Reads struct {
	mu   sync.Mutex
	seen map[string]bool
}

// Tracked returns a View of the same content that records what is read of it, and
// of the parts taken from it. Views made by Select count as read and track no more.
func (v View) Tracked() (View, *Reads) {
	r := &Reads{seen: map[string]bool{}}
	return View{v: v.v, reads: r}, r
}

// Pointers returns what was read, in ascending order; what lies below another
// pointer of the list is left out.
func (r *Reads) Pointers() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	all := make([]string, 0, len(r.seen))
	for p := range r.seen {
		if !r.covered(p) {
			all = append(all, p)
		}
	}
	slices.Sort(all)
	return all
}

// Touched reports whether a change at one of the pointers can alter what was read.
func (r *Reads) Touched(changed ...string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, c := range changed {
		for p := range r.seen {
			if within(p, c) || within(c, p) {
				return true
			}
		}
	}
	return false
}

func (r *Reads) note(pointer string) {
	r.mu.Lock()
	r.seen[pointer] = true
	r.mu.Unlock()
}

func (r *Reads) covered(p string) bool {
	for i := strings.LastIndexByte(p, '/'); i >= 0; i = strings.LastIndexByte(p[:i], '/') {
		if r.seen[p[:i]] {
			return true
		}
	}
	return false
}

// within reports whether p is at or below root.
func within(p, root string) bool {
	rest, ok := strings.CutPrefix(p, root)
	return ok && (rest == "" || rest[0] == '/')
}

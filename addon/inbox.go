package addon

import (
	"sync"

	"github.com/addonkit/addonkit/hooks"
)

// inbox holds the contexts that wait for one hook in one queue. A task only
// says that there is something in it, so that contexts which arrive while the
// hook runs, or while it waits for a retry, are delivered together.
type inbox struct {
	mu      sync.Mutex
	waiting []letter
	delayed bool // a run is asked for at a later time already
}

// letter is one context with what has to happen once a run has taken it.
type letter struct {
	context hooks.Context
	// watch is set for a Synchronization: its events flow after the run.
	watch *watch
}

func (b *inbox) put(l letter) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if n := len(b.waiting); n > 0 && l.watch == nil && sameGroup(b.waiting[n-1], l) {
		b.waiting[n-1] = l // a burst of one group is one context; see hooks.Combine
		return
	}
	b.waiting = append(b.waiting, l)
}

// take empties the inbox. What a failed run could not use goes back with
// giveBack.
func (b *inbox) take() []letter {
	b.mu.Lock()
	defer b.mu.Unlock()
	letters := b.waiting
	b.waiting = nil
	return letters
}

func (b *inbox) giveBack(letters []letter) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.waiting = append(letters, b.waiting...)
}

// delay notes whether a run is asked for at a later time, and returns whether
// it was so before.
func (b *inbox) delay(on bool) (before bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	before, b.delayed = b.delayed, on
	return before
}

func sameGroup(a, b letter) bool {
	return a.watch == nil && a.context.Group != "" && a.context.Group == b.context.Group
}

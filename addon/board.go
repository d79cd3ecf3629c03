package addon

import (
	"fmt"
	"sync"
	"time"

	"github.com/addonkit/addonkit/helmclient"
)

// board keeps what people ask about modules and the plan need not know.
type board struct {
	mu      sync.Mutex
	modules map[string]*facts
	// begins is true until the first converge is asked for, first until it has
	// ended.
	begins, first bool
	waiting       func() []string // of the global hooks; nil: for nothing
}

// facts are what is known of one module beyond its place in the plan.
type facts struct {
	verdict     verdict
	undecided   string
	revision    int
	message     string // what was done last
	failure     string // why the last attempt failed
	configError string
	waiting     func() []string // nil: for nothing
	attempts    int
	phase       Phase
	said        Phase // the last one that was worth a line in the log
	changed     time.Time
	// failing are the hooks whose last run for an event or a schedule failed,
	// with why.
	failing map[string]string
}

func newBoard() *board {
	return &board{modules: map[string]*facts{}, begins: true, first: true}
}

func (b *board) change(module string, do func(*facts)) {
	b.mu.Lock()
	defer b.mu.Unlock()
	f := b.modules[module]
	if f == nil {
		f = &facts{}
		b.modules[module] = f
	}
	do(f)
}

func (b *board) decided(module string, v verdict) {
	b.change(module, func(f *facts) { f.verdict, f.undecided = v, "" })
}

func (b *board) undecided(module string, err error) {
	b.change(module, func(f *facts) { f.undecided = "enabling not decided: " + err.Error() })
}

func (b *board) attempted(module string, err error) {
	b.change(module, func(f *facts) {
		f.waiting = nil
		if err == nil {
			f.attempts, f.failure = 0, ""
			return
		}
		f.attempts++
		f.failure = err.Error()
	})
}

func (b *board) found(s helmclient.Status) {
	b.change(s.Name, func(f *facts) { f.revision = s.Revision })
}

func (b *board) applied(module string, r helmclient.Result) {
	b.change(module, func(f *facts) {
		if f.revision != r.Revision {
			f.changed = time.Now()
		}
		f.revision = r.Revision
		if r.Action != helmclient.Skipped {
			f.message = fmt.Sprintf("%s: %s", r.Action, r.Reason)
		}
	})
}

func (b *board) deleted(module string, err error) {
	b.change(module, func(f *facts) {
		if err == nil {
			f.revision, f.attempts, f.message, f.failure, f.waiting = 0, 0, "", "", nil
			return
		}
		f.attempts++
		f.failure = err.Error()
	})
}

// hookRan notes the outcome of a run for an event or a schedule.
func (b *board) hookRan(module, hook string, err error) {
	b.change(module, func(f *facts) {
		if err == nil {
			delete(f.failing, hook)
			return
		}
		if f.failing == nil {
			f.failing = map[string]string{}
		}
		f.failing[hook] = err.Error()
	})
}

// hooksStopped forgets the failures of a module's hooks, which run no more.
func (b *board) hooksStopped(module string) {
	b.change(module, func(f *facts) { f.failing, f.waiting = nil, nil })
}

// waitFor notes the watches that a module, or "" for the global hooks, waits
// for before its Synchronization.
func (b *board) waitFor(module string, watches func() []string) {
	if module != "" {
		b.change(module, func(f *facts) { f.waiting = watches })
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.waiting = watches
}

// configErrors notes which sections of the configuration are refused now.
func (b *board) configErrors(byKey map[string]*module, refused map[string]error) {
	for key, m := range byKey {
		b.change(m.Name, func(f *facts) {
			f.configError = ""
			if err := refused[key]; err != nil {
				f.configError = err.Error()
			}
		})
	}
}

func (b *board) startDone() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.begins = false
}

func (b *board) starting() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.begins
}

func (b *board) converged() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.first = false
}

func (b *board) firstConverge() (pending bool, waiting []string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.waiting != nil {
		waiting = b.waiting()
	}
	return b.first, waiting
}

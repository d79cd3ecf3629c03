package addon

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/addonkit/addonkit/hooks"
)

// unit is an owner of hooks: a module, or the operator for the global ones. It
// takes them through their start: load, onStartup, watches, Synchronization,
// schedules. All of that happens in tasks of the unit's own queue, one at a
// time; a start that failed goes on where it stopped.
type unit struct {
	op     *Operator
	module string // "" for the global hooks
	key    string // of the section of values
	queue  string
	source hooks.Source
	// wake adds the task that goes on with the start.
	wake func(cause string)

	// Owned by the tasks of the unit's queue.
	startup int // how many onStartup hooks have succeeded
	// awaiting tells that somebody waits for the watches of this life of the unit.
	awaiting *atomic.Bool
	// elsewhere are the watches whose Synchronization was put into another queue.
	elsewhere map[*watch]bool
	started   bool
	ctx       context.Context // ends with stop
	cancel    context.CancelFunc

	mu     sync.Mutex // guards what events and other queues read
	loaded bool
	hooks  []*hook
}

// start takes the unit's hooks as far as it can. It returns false without an
// error when it waits for watches or for other queues; wake is called when that
// is over.
func (u *unit) start(ctx context.Context) (bool, error) {
	if u.started {
		return true, nil
	}
	if err := u.load(ctx); err != nil {
		return false, err
	}
	if err := u.runStartup(ctx); err != nil {
		return false, err
	}
	if err := u.subscribe(); err != nil {
		return false, err
	}
	if !u.watchesSynced() {
		return false, nil
	}
	if err := u.synchronize(ctx); err != nil {
		return false, err
	}
	if waiting := u.unsynchronized(); len(waiting) > 0 {
		return false, nil
	}
	u.startSchedules()
	u.started = true
	return true, nil
}

// load asks the source for the hooks, once.
func (u *unit) load(ctx context.Context) error {
	if u.isLoaded() {
		return nil
	}
	var found []hooks.Hook
	if u.source != nil {
		var err error
		if found, err = u.source.Hooks(ctx); err != nil {
			return fmt.Errorf("load hooks: %w", err)
		}
	}
	if err := u.check(found); err != nil {
		return err
	}
	u.ctx, u.cancel = context.WithCancel(u.op.ctx)
	u.awaiting, u.elsewhere = &atomic.Bool{}, map[*watch]bool{}
	var loaded []*hook
	for _, h := range found {
		loaded = append(loaded, newHook(u, h, u.ctx.Done()))
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	u.hooks, u.loaded = loaded, true
	return nil
}

func (u *unit) check(found []hooks.Hook) error {
	names := map[string]bool{}
	for _, h := range found {
		if err := h.Validate(u.module == ""); err != nil {
			return fmt.Errorf("hook %s: %w", h.Name, err)
		}
		if names[h.Name] {
			return fmt.Errorf("hook %s: two hooks have this name; rename one", h.Name)
		}
		names[h.Name] = true
	}
	return nil
}

func (u *unit) runStartup(ctx context.Context) error {
	for _, h := range u.at(hooks.Startup)[u.startup:] {
		if _, err := u.op.runMoment(ctx, h, hooks.Startup, "start"); err != nil {
			return err
		}
		u.startup++
	}
	return nil
}

// stop ends watches, schedules and waiting, and forgets the hooks, so that a
// later start begins from nothing.
func (u *unit) stop() {
	if !u.isLoaded() {
		return
	}
	u.cancel()
	for w := range u.watches() {
		if w.sub != nil {
			w.sub.Close() // and stays: a run in another queue may still look at it
		}
	}
	u.op.schedules.remove(u)
	u.op.board.hooksStopped(u.module)
	u.startup, u.started = 0, false
	u.mu.Lock()
	defer u.mu.Unlock()
	u.hooks, u.loaded = nil, false
}

func (u *unit) isLoaded() bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.loaded
}

func (u *unit) all() []*hook {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.hooks
}

func (u *unit) hook(name string) (*hook, bool) {
	for _, h := range u.all() {
		if h.Name == name {
			return h, true
		}
	}
	return nil, false
}

// at returns the hooks bound to a moment, in their order.
func (u *unit) at(moment hooks.Moment) []*hook {
	var bound []*hook
	for _, h := range u.all() {
		if _, ok := h.On[moment]; ok {
			bound = append(bound, h)
		}
	}
	slices.SortStableFunc(bound, func(a, b *hook) int {
		return cmp.Or(cmp.Compare(a.On[moment], b.On[moment]), cmp.Compare(a.Name, b.Name))
	})
	return bound
}

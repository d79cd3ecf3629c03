package addon

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sync"

	"github.com/addonkit/addonkit/addon/internal/plan"
	"github.com/addonkit/addonkit/hooks"
	"github.com/addonkit/addonkit/kubeevents"
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
	startup int  // how many onStartup hooks have succeeded
	asked   bool // to be woken when the watches are in sync
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
	var loaded []*hook
	if u.source != nil {
		found, err := u.source.Hooks(ctx)
		if err != nil {
			return fmt.Errorf("load hooks: %w", err)
		}
		names := map[string]bool{}
		for _, h := range found {
			if err := h.Validate(u.module == ""); err != nil {
				return fmt.Errorf("hook %s: %w", h.Name, err)
			}
			if names[h.Name] {
				return fmt.Errorf("hook %s: two hooks have this name; rename one", h.Name)
			}
			names[h.Name] = true
			loaded = append(loaded, newHook(u, h))
		}
	}
	u.ctx, u.cancel = context.WithCancel(u.op.ctx)
	u.mu.Lock()
	defer u.mu.Unlock()
	u.hooks, u.loaded = loaded, true
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

// subscribe opens every watch of the unit, or none.
func (u *unit) subscribe() error {
	for w := range u.watches() {
		if w.sub != nil {
			continue
		}
		sub, err := u.op.watcher.Subscribe(w.Query, w.event)
		if err != nil {
			u.unsubscribe()
			return fmt.Errorf("hook %s: watch %s: %w", w.hook.Name, w.Name, err)
		}
		w.sub = sub
	}
	return nil
}

func (u *unit) unsubscribe() {
	for w := range u.watches() {
		if w.sub != nil {
			w.sub.Close()
			w.sub = nil
		}
	}
}

// watchesSynced tells whether every snapshot is complete; if not, it asks to be
// woken when they are.
func (u *unit) watchesSynced() bool {
	var open []*watch
	for w := range u.watches() {
		if w.sub.State().Phase != kubeevents.Synced {
			open = append(open, w)
		}
	}
	u.op.board.waitFor(u.module, waiting(open))
	if len(open) == 0 {
		return true
	}
	if !u.asked {
		u.asked = true
		u.op.background.Go(func() { u.awaitWatches(u.ctx, open) })
	}
	return false
}

// awaitWatches wakes the unit when all of the watches are in sync, and tells
// the plan at once when that will take a permission or a kind to appear.
func (u *unit) awaitWatches(ctx context.Context, open []*watch) {
	for _, w := range open {
		if w.sub.Wait(ctx) == nil {
			continue
		}
		if ctx.Err() == nil && u.module != "" {
			u.op.engine.happened(plan.Blocked{Module: u.module})
		}
		if w.sub.Synced(ctx) != nil {
			return
		}
	}
	u.wake("watches are in sync")
}

// stop ends watches, schedules and waiting, and forgets the hooks, so that a
// later start begins from nothing.
func (u *unit) stop() {
	if !u.isLoaded() {
		return
	}
	u.cancel()
	u.unsubscribe()
	u.op.schedules.remove(u)
	u.op.board.hooksStopped(u.module)
	u.startup, u.asked, u.started = 0, false, false
	clear(u.elsewhere)
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

func (u *unit) watches() func(yield func(*watch) bool) {
	return func(yield func(*watch) bool) {
		for _, h := range u.all() {
			for _, w := range h.watches {
				if !yield(w) {
					return
				}
			}
		}
	}
}

// waiting tells at any later moment which of the watches are still not in sync,
// and why.
func waiting(open []*watch) func() []string {
	type followed struct {
		name string
		sub  *kubeevents.Subscription
	}
	var list []followed
	for _, w := range open {
		list = append(list, followed{fmt.Sprintf("watch %s of hook %s", w.Name, w.hook.Name), w.sub})
	}
	return func() []string {
		var names []string
		for _, f := range list {
			switch state := f.sub.State(); {
			case state.Err != nil:
				names = append(names, f.name+": "+state.Err.Error())
			case state.Phase != kubeevents.Synced:
				names = append(names, f.name)
			}
		}
		return names
	}
}

package addon

import (
	"context"
	"fmt"

	"github.com/addonkit/addonkit/addon/internal/plan"
	"github.com/addonkit/addonkit/kubeevents"
)

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

// unsubscribe undoes a subscribe that failed in the middle, so that the next one
// begins anew.
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
	if u.awaiting.CompareAndSwap(false, true) {
		ctx, awaiting := u.ctx, u.awaiting
		u.op.background.Go(func() {
			synced := u.awaitWatches(ctx, open)
			awaiting.Store(false) // before waking: a watch may be lost again until the run looks
			if synced {
				u.wake("watches are in sync")
			}
		})
	}
	return false
}

// awaitWatches returns true when each of the watches has been in sync, false
// when the unit was stopped. It tells the plan at once when that will take a
// permission or a kind to appear.
func (u *unit) awaitWatches(ctx context.Context, open []*watch) bool {
	for _, w := range open {
		if w.sub.Wait(ctx) == nil {
			continue
		}
		if ctx.Err() == nil && u.module != "" {
			u.op.engine.happened(plan.Blocked{Module: u.module})
		}
		if w.sub.Synced(ctx) != nil {
			return false
		}
	}
	return true
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

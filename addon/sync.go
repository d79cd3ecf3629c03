package addon

import (
	"context"

	"github.com/addonkit/addonkit/hooks"
)

// synchronize runs the Synchronization of every watch: those of the unit's own
// queue here and now, those of other queues there. Watches without one only
// begin to deliver.
func (u *unit) synchronize(ctx context.Context) error {
	for _, h := range u.all() {
		var here []letter
		for _, w := range h.watches {
			switch {
			case u.isSynced(w):
			case w.SkipSynchronization:
				w.sub.Deliver(w.sub.Snapshot())
				u.setSynced(w)
			case w.queue == u.queue:
				here = append(here, w.synchronization())
			case !u.elsewhere[w]:
				u.elsewhere[w] = true
				h.inboxes[w.queue].put(w.synchronization())
				h.ask(w.queue, "Synchronization of "+w.Name)
			}
		}
		if len(here) == 0 {
			continue
		}
		if _, err := u.op.runHook(ctx, h, here, "Synchronization"); err != nil {
			if !h.mayFail(here) {
				return err
			}
			u.op.log.Error(err, "hook failed, which its binding allows", logModule, u.module, logHook, h.Name)
		}
		u.delivered(here)
	}
	return nil
}

func (w *watch) synchronization() letter {
	c := hooks.Context{Binding: w.Name, Type: hooks.TypeSynchronization}
	if w.Group != "" {
		c = hooks.Context{Binding: w.Name, Type: hooks.TypeGroup, Group: w.Group}
	}
	return letter{context: c, watch: w}
}

// delivered lets the events of synchronized watches flow, beginning with what
// changed since the snapshot that the run saw.
func (u *unit) delivered(letters []letter) {
	woke := false
	for _, l := range letters {
		if l.watch == nil {
			continue
		}
		l.watch.sub.Deliver(l.watch.seen)
		u.setSynced(l.watch)
		woke = woke || l.watch.queue != u.queue
	}
	if woke && len(u.unsynchronized()) == 0 {
		u.wake("Synchronization is done")
	}
}

// unsynchronized are the watches whose Synchronization the unit's release
// waits for.
func (u *unit) unsynchronized() []string {
	u.mu.Lock()
	defer u.mu.Unlock()
	var names []string
	for _, h := range u.hooks {
		for _, w := range h.watches {
			if !w.synced && !(w.NoWait && w.queue != u.queue) {
				names = append(names, w.Name)
			}
		}
	}
	return names
}

func (u *unit) isSynced(w *watch) bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	return w.synced
}

func (u *unit) setSynced(w *watch) {
	u.mu.Lock()
	defer u.mu.Unlock()
	w.synced = true
}

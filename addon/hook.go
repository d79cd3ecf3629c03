package addon

import (
	"context"
	"fmt"
	"path"
	"slices"
	"time"

	"github.com/addonkit/addonkit/hooks"
	"github.com/addonkit/addonkit/kubeevents"
	"github.com/addonkit/addonkit/queue"
	"github.com/addonkit/addonkit/values"
)

// hook is a hook within its unit: its watches and what waits for it.
type hook struct {
	hooks.Hook
	unit    *unit
	watches []*watch          // one for each Watch, in their order
	inboxes map[string]*inbox // by queue; fixed once made
	limiter *hooks.Limiter
	ended   <-chan struct{} // when its unit is stopped
}

// watch is one kubernetes binding of a hook.
type watch struct {
	hooks.Watch
	hook  *hook
	queue string
	// sub and synced are owned by the unit's start; synced is also set by the
	// runs of other queues and read under the unit's lock.
	sub    *kubeevents.Subscription
	synced bool
	// seen is the snapshot of the last run that synchronized the watch; only the
	// tasks of its queue touch it.
	seen kubeevents.Snapshot
}

func newHook(u *unit, h hooks.Hook, ended <-chan struct{}) *hook {
	b := &hook{Hook: h, unit: u, inboxes: map[string]*inbox{}, limiter: h.Limiter(), ended: ended}
	for _, w := range h.Watch {
		q := u.queueOf(w.Queue)
		b.watches = append(b.watches, &watch{Watch: w, hook: b, queue: q})
		b.inboxes[q] = &inbox{}
	}
	for _, s := range h.Schedule {
		b.inboxes[u.queueOf(s.Queue)] = &inbox{}
	}
	return b
}

// queueOf is where work for a binding runs: in the unit's own queue unless the
// author named another.
func (u *unit) queueOf(named string) string {
	if named == "" || named == mainQueue {
		return u.queue
	}
	return named
}

// event takes a change of the cluster; kubeevents calls it and it never blocks.
func (w *watch) event(e kubeevents.Event) {
	if w.Events != nil && !slices.Contains(w.Events, e.Type) {
		return
	}
	item := e.Item
	c := hooks.Context{Binding: w.Name, Type: hooks.TypeEvent, Event: e.Type, Item: &item}
	w.hook.tell(w.queue, w.Group, c, fmt.Sprintf("%s %s %s", e.Type, w.Query.Kind, path.Join(item.Namespace, item.Name)))
}

// tell puts a context before the hook and asks for a run.
func (h *hook) tell(q, group string, c hooks.Context, cause string) {
	if group != "" {
		c = hooks.Context{Binding: c.Binding, Type: hooks.TypeGroup, Group: group}
	}
	h.inboxes[q].put(letter{context: c})
	h.ask(q, cause)
}

func (h *hook) ask(q, cause string) {
	h.unit.op.add(queue.Task{Queue: q, Key: kindHook + "/" + h.unit.module + "/" + h.Name, Kind: kindHook, Cause: cause},
		payload{Module: h.unit.module, Hook: h.Name})
}

// askLater asks once the hook may run again, so that its rate holds back nobody
// else in the queue.
func (h *hook) askLater(q, cause string, wait time.Duration) {
	if h.inboxes[q].delay(true) {
		return
	}
	h.unit.op.background.Go(func() {
		timer := time.NewTimer(wait)
		defer timer.Stop()
		select {
		case <-timer.C:
			h.inboxes[q].delay(false)
			h.ask(q, cause)
		case <-h.ended:
		}
	})
}

// runMoment runs a hook for a moment of its owner's life.
func (o *Operator) runMoment(ctx context.Context, h *hook, moment hooks.Moment, cause string) (values.Commit, error) {
	c := hooks.Context{Binding: string(moment)}
	return o.runHook(ctx, h, []letter{{context: c}}, cause)
}

// runWaiting carries out a task of kindHook: one run for everything that waits.
func (o *Operator) runWaiting(ctx context.Context, t queue.Task, p payload) error {
	u := o.unitOf(p.Module)
	h, ok := u.hook(p.Hook)
	if !ok {
		return nil // the module was taken away meanwhile
	}
	box := h.inboxes[t.Queue]
	letters := box.take()
	if len(letters) == 0 {
		return nil
	}
	if wait := h.limiter.Take(time.Now()); wait > 0 {
		box.giveBack(letters)
		h.askLater(t.Queue, t.Cause, wait)
		return nil
	}
	done, err := o.runHook(ctx, h, letters, t.Cause)
	if err != nil && h.mayFail(letters) {
		o.log.Error(err, "hook failed, which its binding allows", logModule, p.Module, logHook, p.Hook)
		err = nil
	}
	o.board.hookRan(p.Module, h.Name, err)
	o.saw(o.engine.now())
	if err != nil {
		box.giveBack(letters)
		o.log.Error(err, "hook failed; it will be tried again", logModule, p.Module, logHook, p.Hook, logCause, t.Cause, logAttempt, t.Attempt+1)
		return err
	}
	u.delivered(letters)
	o.follow(u, done, fmt.Sprintf("hook %s, on %s", h.Name, t.Cause))
	return nil
}

// mayFail tells whether every binding that waits allows the hook to fail.
func (h *hook) mayFail(letters []letter) bool {
	for _, l := range letters {
		allowed := h.AllowFailure
		for _, w := range h.Watch {
			allowed = allowed || w.AllowFailure && w.Name == l.context.Binding
		}
		for _, s := range h.Hook.Schedule {
			allowed = allowed || s.AllowFailure && s.Name == l.context.Binding
		}
		if !allowed {
			return false
		}
	}
	return true
}

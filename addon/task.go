package addon

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/addonkit/addonkit/queue"
)

// The kinds of tasks, and with them everything that an operator ever does.
const (
	kindStart     = "start"      // global hooks: load, onStartup, Synchronization
	kindBeforeAll = "before-all" // global beforeAll hooks
	kindDecide    = "decide"     // which modules are enabled
	kindAfterAll  = "after-all"  // global afterAll hooks
	kindRun       = "run"        // one attempt of a module
	kindDelete    = "delete"     // take a module away
	kindHook      = "hook"       // contexts wait for a hook
	kindPurge     = "purge"      // releases of ours without a module
)

// Queues. The name of a hook's own queue is the author's; ours hold a slash or
// are "main", which authors may name, so that nothing collides.
const (
	mainQueue     = "main"
	decideQueue   = "operator/decide"
	purgeQueue    = "operator/purge"
	moduleQueueAt = "module/"
)

// payload is what a task carries, as JSON, so that any engine can keep it.
type payload struct {
	Module string   `json:"module,omitempty"`
	Hook   string   `json:"hook,omitempty"`
	Number int      `json:"number,omitempty"`
	Failed []string `json:"failed,omitempty"`
}

func (o *Operator) add(t queue.Task, p payload) {
	t.Payload, _ = json.Marshal(p) // strings and numbers always marshal
	if t.Key == "" {
		t.Key = t.Kind
	}
	if err := o.queue.Add(t); err != nil {
		o.log.Error(err, "task refused", logQueue, t.Queue, logTask, t.Kind, logModule, p.Module)
	}
}

// handle carries out one task; the queue's runner calls it.
func (o *Operator) handle(ctx context.Context, t queue.Task) error {
	var p payload
	if err := json.Unmarshal(t.Payload, &p); err != nil {
		return queue.Stop(fmt.Errorf("task %s: payload: %w", t.Kind, err))
	}
	switch t.Kind {
	case kindStart:
		return o.start(ctx)
	case kindBeforeAll:
		return o.beforeAll(ctx)
	case kindDecide:
		return o.decide(ctx)
	case kindAfterAll:
		return o.afterAll(ctx, p.Failed)
	case kindPurge:
		return o.purge(ctx)
	case kindHook:
		return o.runWaiting(ctx, t, p)
	}
	m, ok := o.modules[p.Module]
	if !ok {
		return queue.Stop(fmt.Errorf("task %s: no module %q", t.Kind, p.Module))
	}
	switch t.Kind {
	case kindRun:
		return m.run(ctx, p.Number, t.Cause)
	case kindDelete:
		return m.delete(ctx, t.Cause)
	}
	return queue.Stop(fmt.Errorf("unknown task %q", t.Kind))
}

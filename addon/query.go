package addon

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/addonkit/addonkit/queue"
	"github.com/addonkit/addonkit/values"
)

// stuckAfter is how long one task may run before Healthy calls its worker
// stuck. It is above any deadline that the library sets itself.
const stuckAfter = time.Hour

// Status tells where every module stands, in run order.
func (o *Operator) Status() []ModuleStatus {
	state := o.engine.now()
	var list []ModuleStatus
	for _, m := range state.Sorted() {
		list = append(list, o.board.status(state, m))
	}
	return list
}

// ModuleHandle is one module of an Operator.
type ModuleHandle struct {
	op *Operator
	m  *module // nil: no such module
}

// Module returns the module of this name. One that does not exist has a zero
// Status and no values.
func (o *Operator) Module(name string) ModuleHandle {
	return ModuleHandle{op: o, m: o.modules[name]}
}

// Status tells where the module stands; false when there is no such module.
func (h ModuleHandle) Status() (ModuleStatus, bool) {
	if h.m == nil {
		return ModuleStatus{}, false
	}
	state := h.op.engine.now()
	return h.op.board.status(state, state.Modules[h.m.Name]), true
}

// Values are the module's effective values at this moment.
func (h ModuleHandle) Values() values.View {
	if h.m == nil {
		return values.View{}
	}
	view, _ := h.op.store.View().At("/" + h.m.key)
	return view
}

// Ready returns nil once the first converge has ended, and before that an
// error that says what it is waiting for. It asks nobody and returns at once.
func (o *Operator) Ready(context.Context) error {
	pending, waiting := o.board.firstConverge()
	if !pending {
		return nil
	}
	if len(waiting) > 0 {
		return fmt.Errorf("global hooks wait for %s", strings.Join(waiting, ", "))
	}
	var open []string
	for _, m := range o.Status() {
		if m.Enabled && m.Phase != Ready && m.Phase != Stalled {
			open = append(open, fmt.Sprintf("%s is %s", m.Name, m.Phase))
		}
	}
	if len(open) == 0 {
		return fmt.Errorf("first converge: %s", o.engine.now().Stage)
	}
	return fmt.Errorf("first converge: %s", strings.Join(open, ", "))
}

// Healthy returns an error that names the queue when a worker is stuck.
func (o *Operator) Healthy() error {
	inspector, ok := o.queue.(queue.Inspector)
	if !ok {
		return nil
	}
	for _, q := range inspector.Queues() {
		if q.Head.Running() && time.Since(q.Head.Started) > stuckAfter {
			return fmt.Errorf("queue %s: task %s has been running since %s", q.Name, q.Head.Kind, q.Head.Started.Format(time.RFC3339))
		}
	}
	return nil
}

package queue

import (
	"context"
	"runtime/debug"
	"time"
)

// run is a task being carried out.
type run struct {
	entry   *entry
	started time.Time
	cancel  context.CancelCauseFunc
	removed bool
}

// start carries out the head of q in a goroutine of its own. The lock is held.
func (m *Memory) start(q *line) {
	e := q.take()
	ctx, cancel := context.WithCancelCause(m.ctx)
	r := &run{entry: e, started: time.Now(), cancel: cancel}
	q.running = r
	m.running++
	t := e.task
	t.Attempt = e.attempts
	handler := m.handler
	m.working.Go(func() {
		err := error(&PanicError{})            // stands if the handler leaves by Goexit
		defer func() { m.finish(q, r, err) }() //nolint:contextcheck // what it starts next is another task
		err = fenced(ctx, handler, t)
	})
}

// fenced calls the handler under the task's timeout and turns a panic into an error.
func fenced(ctx context.Context, h Handler, t Task) (err error) {
	if t.Timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, t.Timeout, ErrTimeout)
		defer cancel()
	}
	defer func() {
		if v := recover(); v != nil {
			err = &PanicError{Value: v, Stack: debug.Stack()}
		}
	}()
	return h(ctx, t)
}

// finish decides what becomes of a task that has run.
func (m *Memory) finish(q *line, r *run, err error) {
	r.cancel(nil)
	m.mu.Lock()
	defer m.mu.Unlock()
	m.running--
	q.running = nil
	if v := Read(err); !r.removed && (v.Action == Retry || v.Action == Again) {
		q.putBack(r.entry, v, m.options.Backoff)
	}
	m.settle(q)
}

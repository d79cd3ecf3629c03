package queue

import (
	"context"
	"maps"
	"slices"
	"sync"
	"time"
)

// Options of a [Memory]. The zero value is a good choice.
type Options struct {
	// Workers is how many tasks run at once over all queues. Where they are scarce, the queue with the most
	// urgent head goes first, then the one that has waited longest. Zero: one for each queue.
	Workers int
	// Backoff of failed tasks.
	Backoff Backoff
}

// Memory is a [Runner] in this process: [Inspector], [Remover] and [Waker] too. Make it with [NewMemory].
//
// It costs a goroutine per running task and a timer per queue whose head waits for its next try; nothing else.
type Memory struct {
	options Options

	mu      sync.Mutex
	phase   phase
	ctx     context.Context // of Run
	handler Handler
	lines   map[string]*line // queues that hold a task
	ready   heap[*line]      // those of them that wait for nothing but a worker
	running int
	numbers uint64 // given to entries and turns as they come

	working sync.WaitGroup // running tasks and armed timers
}

var (
	_ Runner    = (*Memory)(nil)
	_ Inspector = (*Memory)(nil)
	_ Remover   = (*Memory)(nil)
	_ Waker     = (*Memory)(nil)
)

type phase int

const (
	fresh phase = iota
	started
	ended
)

// NewMemory makes a Memory that holds nothing and has started nothing.
func NewMemory(o Options) *Memory {
	return &Memory{options: o, lines: map[string]*line{}}
}

// Add implements [Runner]. It takes a lock for a moment and never waits for a handler.
func (m *Memory) Add(t Task) error {
	if err := t.Validate(); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.phase == ended || m.phase == started && m.ctx.Err() != nil {
		return ErrEnded
	}
	q := m.lines[t.Queue]
	if q == nil {
		q = newLine(t.Queue)
		m.lines[t.Queue] = q
	}
	q.add(t, m.number())
	if r := q.running; r != nil && r.entry.task.Key == t.Key && r.entry.task.Supersede {
		r.cancel(ErrSuperseded)
	}
	m.settle(q)
	return nil
}

// Run implements [Runner].
func (m *Memory) Run(ctx context.Context, h Handler) error {
	if err := m.begin(ctx, h); err != nil {
		return err
	}
	<-ctx.Done()
	m.end()
	return nil
}

func (m *Memory) begin(ctx context.Context, h Handler) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.phase != fresh {
		return ErrStarted
	}
	m.phase, m.ctx, m.handler = started, ctx, h
	for _, q := range slices.SortedFunc(maps.Values(m.lines), oldest) {
		m.enlist(q)
	}
	m.dispatch() //nolint:contextcheck // it has the context
	return nil
}

func (m *Memory) end() {
	m.mu.Lock()
	m.phase = ended
	for _, q := range m.lines {
		m.disarm(q)
	}
	m.mu.Unlock()
	m.working.Wait()
	m.mu.Lock()
	defer m.mu.Unlock()
	m.lines, m.ready, m.handler = nil, heap[*line]{}, nil
}

// settle brings everything in line with a change of q.
func (m *Memory) settle(q *line) {
	m.enlist(q)
	m.dispatch()
}

// enlist decides what q waits for: its running task, its first task, a timer, or a worker.
func (m *Memory) enlist(q *line) {
	m.disarm(q)
	switch {
	case q.running != nil:
	case q.waiting.len() == 0:
		m.unlist(q)
		delete(m.lines, q.name)
	case m.phase != started:
	case q.delay() > 0:
		m.unlist(q)
		m.arm(q)
	case q.index != absent:
		m.ready.fix(q)
	default:
		q.turn = m.number()
		m.ready.push(q)
	}
}

func (m *Memory) unlist(q *line) {
	if q.index != absent {
		m.ready.remove(q)
	}
}

// dispatch starts what is ready while there are workers.
func (m *Memory) dispatch() {
	if m.phase != started || m.ctx.Err() != nil {
		return
	}
	for m.ready.len() > 0 && (m.options.Workers <= 0 || m.running < m.options.Workers) {
		q := m.ready.top()
		m.ready.remove(q)
		m.start(q)
	}
}

// arm has q looked at again when its head is due.
func (m *Memory) arm(q *line) {
	m.working.Add(1)
	var self *time.Timer
	self = time.AfterFunc(q.delay(), func() {
		defer m.working.Done()
		m.mu.Lock()
		defer m.mu.Unlock()
		if q.timer == self { // else q has moved on while this waited for the lock
			q.timer = nil
			m.settle(q)
		}
	})
	q.timer = self
}

func (m *Memory) disarm(q *line) {
	if q.timer != nil && q.timer.Stop() {
		m.working.Done()
	}
	q.timer = nil
}

func (m *Memory) number() uint64 {
	m.numbers++
	return m.numbers
}

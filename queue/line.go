package queue

import (
	"cmp"
	"time"
)

// entry is a task in a line.
type entry struct {
	task     Task
	seq      uint64 // its place among equals; a task that failed comes back with the same
	added    time.Time
	attempts int
	err      error
	due      time.Time // zero: now
	index    int
}

func (e *entry) place() *int { return &e.index }

func (e *entry) before(o *entry) bool {
	if e.task.Priority != o.task.Priority {
		return e.task.Priority > o.task.Priority
	}
	return e.seq < o.seq
}

// line is one named queue.
type line struct {
	name    string
	waiting heap[*entry]
	byKey   map[string]*entry // of waiting
	running *run
	timer   *time.Timer // while the head is not due
	turn    uint64      // its place among the ready lines
	index   int
}

func newLine(name string) *line {
	return &line{name: name, byKey: map[string]*entry{}, index: absent}
}

func (q *line) place() *int { return &q.index }

func (q *line) before(o *line) bool {
	if a, b := q.waiting.top().task.Priority, o.waiting.top().task.Priority; a != b {
		return a > b
	}
	return q.turn < o.turn
}

// oldest compares lines by the age of their heads.
func oldest(a, b *line) int { return cmp.Compare(a.waiting.top().seq, b.waiting.top().seq) }

// add lets t wait, in the place of the one of its key that waits already.
func (q *line) add(t Task, seq uint64) {
	e := q.byKey[t.Key]
	if e == nil {
		e = &entry{task: t, seq: seq, added: time.Now()}
		q.byKey[t.Key] = e
		q.waiting.push(e)
		return
	}
	t.Priority = max(t.Priority, e.task.Priority)
	e.task, e.attempts, e.err, e.due = t, 0, nil, time.Time{}
	q.waiting.fix(e)
}

// take removes the head.
func (q *line) take() *entry {
	e := q.waiting.top()
	q.drop(e)
	return e
}

func (q *line) drop(e *entry) {
	q.waiting.remove(e)
	delete(q.byKey, e.task.Key)
}

// putBack returns a task that is not done to its place. If its key was added meanwhile, that newer task takes
// the place, due at once.
func (q *line) putBack(e *entry, v Verdict, b Backoff) {
	if newer := q.byKey[e.task.Key]; newer != nil {
		newer.seq, newer.added = e.seq, e.added
		newer.task.Priority = max(newer.task.Priority, e.task.Priority)
		q.waiting.fix(newer)
		return
	}
	e.err = v.Err
	if v.Err == nil {
		e.attempts = 0
	} else {
		e.attempts++
	}
	delay := v.After
	if v.Action == Retry {
		delay = b.Delay(e.attempts)
	}
	e.due = time.Now().Add(delay)
	q.byKey[e.task.Key] = e
	q.waiting.push(e)
}

// delay is how long the head has yet to wait.
func (q *line) delay() time.Duration {
	due := q.waiting.top().due
	if due.IsZero() {
		return 0
	}
	return time.Until(due)
}

package queue

import (
	"slices"
	"strings"
	"time"
)

// Queues implements [Inspector].
func (m *Memory) Queues() []Status {
	m.mu.Lock()
	defer m.mu.Unlock()
	list := make([]Status, 0, len(m.lines))
	for _, q := range m.lines {
		list = append(list, q.status())
	}
	slices.SortFunc(list, func(a, b Status) int { return strings.Compare(a.Name, b.Name) })
	return list
}

// Remove implements [Remover].
func (m *Memory) Remove(queue, key string) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	q := m.lines[queue]
	if q == nil {
		return false
	}
	found := false
	if e := q.byKey[key]; e != nil {
		found = true
		q.drop(e)
	}
	if r := q.running; r != nil && r.entry.task.Key == key && !r.removed {
		found = true
		r.removed = true
		r.cancel(ErrRemoved)
	}
	if found {
		m.settle(q)
	}
	return found
}

// Wake implements [Waker].
func (m *Memory) Wake(queue, key string) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	q := m.lines[queue]
	if q == nil {
		return false
	}
	e := q.byKey[key]
	if e == nil || e.due.IsZero() {
		return false
	}
	e.due = time.Time{}
	m.settle(q)
	return true
}

func (q *line) status() Status {
	s := Status{Name: q.name, Length: q.waiting.len()}
	if r := q.running; r != nil {
		s.Length++
		s.Head = r.entry.head()
		s.Head.Started, s.Head.NextTry = r.started, time.Time{}
		return s
	}
	s.Head = q.waiting.top().head()
	if q.delay() <= 0 {
		s.Head.NextTry = time.Time{}
	}
	return s
}

func (e *entry) head() Head {
	return Head{
		Key: e.task.Key, Kind: e.task.Kind, Cause: e.task.Cause, Priority: e.task.Priority,
		Added: e.added, Attempts: e.attempts, LastError: e.err, NextTry: e.due,
	}
}

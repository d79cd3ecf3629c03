package addon

import (
	"context"
	"sync"
	"time"

	"github.com/addonkit/addonkit/hooks"
)

// schedules fires the schedule bindings of hooks: one timer for all of them,
// none when there is nothing to fire.
type schedules struct {
	mu      sync.Mutex
	entries []*entry
	held    bool // until the first converge has ended, for the global hooks
	kick    chan struct{}
}

type entry struct {
	unit *unit
	hook *hook
	at   hooks.Schedule
	next time.Time
	cron interface{ Next(time.Time) time.Time }
}

func newSchedules() *schedules {
	return &schedules{held: true, kick: make(chan struct{}, 1)}
}

// startSchedules begins the schedules of a unit whose hooks have synchronized.
// Their grammar was checked when the hooks were loaded.
func (u *unit) startSchedules() {
	for _, h := range u.all() {
		for _, s := range h.Schedule {
			if cron, err := hooks.ParseCron(s.Cron); err == nil {
				u.op.schedules.add(&entry{unit: u, hook: h, at: s, cron: cron})
			}
		}
	}
}

func (s *schedules) add(e *entry) {
	s.mu.Lock()
	e.next = e.cron.Next(time.Now())
	s.entries = append(s.entries, e)
	s.mu.Unlock()
	s.poke()
}

func (s *schedules) remove(u *unit) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var kept []*entry
	for _, e := range s.entries {
		if e.unit != u {
			kept = append(kept, e)
		}
	}
	s.entries = kept
}

// release lets the global hooks' schedules fire.
func (s *schedules) release() {
	s.mu.Lock()
	s.held = false
	s.mu.Unlock()
	s.poke()
}

func (s *schedules) poke() {
	select {
	case s.kick <- struct{}{}:
	default:
	}
}

// run fires until ctx ends.
func (s *schedules) run(ctx context.Context) error {
	for {
		var due <-chan time.Time
		var timer *time.Timer
		if next, ok := s.fire(time.Now()); ok {
			timer = time.NewTimer(time.Until(next))
			due = timer.C
		}
		select {
		case <-ctx.Done():
		case <-s.kick:
		case <-due:
		}
		if timer != nil {
			timer.Stop()
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
}

// fire tells the hooks that are due and returns when the next one is.
func (s *schedules) fire(now time.Time) (next time.Time, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, e := range s.entries {
		if e.next.IsZero() {
			continue // it never fires again
		}
		if !e.next.After(now) {
			if e.unit.module != "" || !s.held {
				e.hook.tell(e.unit.queueOf(e.at.Queue), e.at.Group, hooks.Context{Binding: e.at.Name, Type: hooks.TypeSchedule}, "schedule "+e.at.Cron)
			}
			e.next = e.cron.Next(now)
		}
		if !e.next.IsZero() && (!ok || e.next.Before(next)) {
			next, ok = e.next, true
		}
	}
	return next, ok
}

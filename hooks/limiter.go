package hooks

import (
	"sync"
	"time"
)

// Limiter spaces the runs of one hook by its MinInterval and Burst. It never blocks: a run that has to wait is put
// back by whoever asked, so that others go on meanwhile. Safe for concurrent use.
type Limiter struct {
	interval time.Duration
	burst    int

	mu   sync.Mutex
	free time.Time // when all runs of a burst are available again
}

// Limiter makes a limiter for the hook. It is not nil; that of a hook without MinInterval never delays.
func (h *Hook) Limiter() *Limiter {
	return &Limiter{interval: h.MinInterval, burst: max(h.Burst, 1)}
}

// Take asks for a run now. 0: the run may begin, and is counted. Otherwise it may not, and nothing is counted: ask
// again after that time.
func (l *Limiter) Take(now time.Time) time.Duration {
	if l.interval <= 0 {
		return 0
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.free.Before(now) {
		l.free = now
	}
	// Each run uses up one interval of time; a burst may use up so many intervals ahead.
	free := l.free.Add(l.interval)
	if wait := free.Sub(now) - time.Duration(l.burst)*l.interval; wait > 0 {
		return wait
	}
	l.free = free
	return 0
}

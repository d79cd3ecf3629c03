package kubeevents

import (
	"context"
	"math/rand/v2"
	"time"
)

// backoff spaces retries: each pause is about double the one before, up to most, and random by a quarter so that
// watchers do not come back together.
type backoff struct {
	first, most time.Duration
	tries       int
}

func (b *backoff) next() time.Duration {
	pause := b.most
	if b.tries < 20 {
		pause = min(b.first<<b.tries, b.most)
	}
	b.tries++
	return pause - pause/4 + rand.N(pause/2)
}

func (b *backoff) reset() { b.tries = 0 }

// sleep waits, or returns false when ctx ends first.
func sleep(ctx context.Context, pause time.Duration) bool {
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

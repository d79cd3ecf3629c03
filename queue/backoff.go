package queue

import (
	"math/rand/v2"
	"time"
)

// Backoff says how long a failed task waits. The zero value is the default: 5 s, doubled by each failure in a
// row, at most 5 min, each made up to a fifth shorter by chance so that tasks which failed together do not retry
// together.
type Backoff struct {
	Initial time.Duration // after the first failure; zero: 5 s
	Max     time.Duration // never longer than this; zero: 5 min
	Jitter  float64       // the part, from 0 to 1, that chance may take away; zero: 0.2, negative: none
}

// Delay is the time to wait after this many failures in a row: between (1-Jitter) times and once the exact value.
func (b Backoff) Delay(failures int) time.Duration {
	b = b.withDefaults()
	d := b.Initial
	for ; failures > 1 && d < b.Max; failures-- {
		d *= 2
	}
	d = min(d, b.Max)
	return d - time.Duration(rand.Float64()*b.Jitter*float64(d))
}

func (b Backoff) withDefaults() Backoff {
	if b.Initial <= 0 {
		b.Initial = 5 * time.Second
	}
	if b.Max <= 0 {
		b.Max = 5 * time.Minute
	}
	switch {
	case b.Jitter == 0:
		b.Jitter = 0.2
	case b.Jitter < 0:
		b.Jitter = 0
	}
	b.Jitter = min(b.Jitter, 1)
	return b
}

package jq

import (
	"context"
	"time"
)

// mostSteps bounds the work on one object.
const mostSteps = 10_000_000

// steps is a context that ends after a number of questions. The interpreter asks once per step, so the bound needs no
// clock and is the same on every machine.
type steps struct {
	left int
}

var _ context.Context = (*steps)(nil)

func (s *steps) Done() <-chan struct{} {
	s.left--
	if s.left >= 0 {
		return nil
	}
	ended := make(chan struct{})
	close(ended)
	return ended
}

func (s *steps) Err() error {
	if s.left < 0 {
		return ErrTooLong
	}
	return nil
}

func (*steps) Deadline() (time.Time, bool) { return time.Time{}, false }

func (*steps) Value(any) any { return nil }

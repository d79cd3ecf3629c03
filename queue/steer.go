package queue

import (
	"errors"
	"fmt"
	"time"
)

// After has the task run again once d has passed, keeping its place. With an err the run counts as failed; with
// nil it does not, and an earlier count of failures is forgotten. A d of zero or less means at once.
func After(d time.Duration, err error) error { return &steering{action: Again, after: d, err: err} }

// Stop has the task dropped without another run. The err, which may be nil, is for whoever unwraps it.
func Stop(err error) error { return &steering{action: Drop, err: err} }

// Action is what becomes of a task whose handler has returned.
type Action int

// The actions.
const (
	Done  Action = iota // nothing more to do
	Retry               // run again after the backoff
	Again               // run again after Verdict.After
	Drop                // do not run again
)

// Verdict is what a handler's error asks of the runner.
type Verdict struct {
	Action Action
	After  time.Duration // for Again; never negative
	Err    error         // why: nil when the run did not fail
}

// Read turns what a handler returned into a Verdict. It is for implementations of [Runner]. An After or Stop
// counts wherever it stands in the chain of wrapped errors; Verdict.Err keeps the words around it.
func Read(err error) Verdict {
	if err == nil {
		return Verdict{Action: Done}
	}
	s, ok := errors.AsType[*steering](err)
	if !ok {
		return Verdict{Action: Retry, Err: err}
	}
	v := Verdict{Action: s.action, After: max(s.after, 0), Err: err}
	if _, bare := err.(*steering); bare { //nolint:errorlint // only what is not wrapped
		v.Err = s.err
	}
	return v
}

// steering is an error that carries the handler's wish.
type steering struct {
	action Action
	after  time.Duration
	err    error
}

func (s *steering) Error() string {
	wish := "stop"
	if s.action == Again {
		wish = "run again after " + s.after.String()
	}
	if s.err == nil {
		return wish
	}
	return wish + ": " + s.err.Error()
}

func (s *steering) Unwrap() error { return s.err }

// PanicError is what a task failed with when its handler panicked, or left its goroutine by runtime.Goexit.
type PanicError struct {
	Value any    // what was given to panic; nil for Goexit
	Stack []byte // of the handler's goroutine
}

// Error names the panic and where it came from, stack included.
func (e *PanicError) Error() string {
	if e.Value == nil {
		return "queue: the handler ended its goroutine without returning"
	}
	return fmt.Sprintf("queue: the handler panicked: %v\n%s", e.Value, e.Stack)
}

// Unwrap gives the panic's value where that is an error.
func (e *PanicError) Unwrap() error {
	err, _ := e.Value.(error)
	return err
}

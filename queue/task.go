package queue

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Task is one piece of work as data. Its Payload belongs to the runner once added: neither the caller nor the
// handler may change it.
type Task struct {
	// Queue names the line the task stands in. Queues exist while they hold a task. Required.
	Queue string
	// Key says what the task is about. Two tasks of one queue and key are the same wish: see Add. Required.
	Key string
	// Kind tells the handler what to do and people what they look at.
	Kind string
	// Payload is what the handler needs beyond Kind and Key, in an encoding of its own.
	Payload []byte
	// Priority places the task before all of lower priority in its queue. Zero: [Ordinary].
	Priority Priority
	// Cause says, for people, what led to this task.
	Cause string
	// Timeout bounds one run: its context then ends with [ErrTimeout] as cause. Zero: no bound.
	Timeout time.Duration
	// Supersede lets a newer task of the same key cancel this one while it runs, with [ErrSuperseded] as cause.
	Supersede bool
	// Attempt is set by the runner for the handler: how many runs in a row have failed before this one.
	// Add ignores it.
	Attempt int
}

// Priority orders the tasks of one queue; any value may be used, the names are the usual ones.
type Priority int

// The usual priorities, lowest first.
const (
	Resync   Priority = iota - 2 // going over everything again, to be safe
	Schedule                     // its time has come
	Ordinary                     // the cluster has changed
	Wake                         // something it waited for is there
	Urgent                       // a deletion, or what a person asked for
)

// Handler carries out one task. Runners call it from many goroutines, never twice at once for one queue.
//
// Returning nil means done. [After] and [Stop] steer; any other error has the task run again with backoff. The
// context ends with Run, with the task's Timeout and with its removal; the handler must return soon after that,
// since Run waits for it.
type Handler func(ctx context.Context, t Task) error

// Causes of a handler's context, see [context.Cause], and reasons to refuse a task or a run.
var (
	ErrTimeout    = errors.New("queue: the task's timeout has passed")
	ErrSuperseded = errors.New("queue: the task was superseded by a newer one of its key")
	ErrRemoved    = errors.New("queue: the task was removed")
	ErrInvalid    = errors.New("queue: invalid task")
	ErrStarted    = errors.New("queue: Run was called before; a runner runs once")
	ErrEnded      = errors.New("queue: the runner has ended")
)

// Validate tells what is missing in t, wrapped in [ErrInvalid]. Runners refuse such a task.
func (t Task) Validate() error {
	switch {
	case t.Queue == "":
		return t.invalid("Queue is empty")
	case t.Key == "":
		return t.invalid("Key is empty")
	case t.Timeout < 0:
		return t.invalid("Timeout is negative")
	}
	return nil
}

func (t Task) invalid(what string) error {
	return fmt.Errorf("%w: %s (queue %q, key %q, kind %q)", ErrInvalid, what, t.Queue, t.Key, t.Kind)
}

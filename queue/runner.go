package queue

import (
	"context"
	"time"
)

// Runner accepts tasks and runs them; the package comment says what it promises. All methods may be called from
// any goroutine, handlers included.
type Runner interface {
	// Add never blocks on a task. It may be called before Run, which then finds the tasks in their order. It
	// returns ErrInvalid for a task without Queue or Key, and ErrEnded after Run's context has ended.
	Add(Task) error
	// Run carries out tasks with h until ctx ends, then cancels what runs, waits for it, and returns nil. It
	// returns ErrStarted when called again.
	Run(ctx context.Context, h Handler) error
}

// Inspector is a Runner's ability to tell what it holds.
type Inspector interface {
	// Queues describes every queue that holds a task, by name.
	Queues() []Status
}

// Remover is a Runner's ability to forget a task.
type Remover interface {
	// Remove drops the waiting task of this key, and cancels the running one, which is then not run again
	// whatever it returns. It does not wait for that, and reports whether there was any.
	Remove(queue, key string) bool
}

// Waker is a Runner's ability to end a delay early.
type Waker interface {
	// Wake has a task that waits for its next try be tried now, in its place. Its count of failures stays. It
	// reports whether there was one.
	Wake(queue, key string) bool
}

// Status describes one queue at one moment.
type Status struct {
	Name   string
	Length int  // tasks in it, the running one included
	Head   Head // what the queue is busy with or waits for
}

// Head describes the task at the head of a queue: the running one, else the next.
type Head struct {
	Key, Kind, Cause string
	Priority         Priority
	Added            time.Time // when the key began to wait; adding it again does not change this
	Started          time.Time // of the current run; zero when not running
	Attempts         int       // runs in a row that failed
	LastError        error     // of the last of those; nil when there is none
	NextTry          time.Time // when it is due; zero when running or due now
}

// Running tells whether the head is being carried out.
func (h Head) Running() bool { return !h.Started.IsZero() }

package queuetest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing/synctest"
	"time"

	"github.com/addonkit/addonkit/queue"
)

// options make the times of retries exact: 10 s, 20 s, 40 s, 40 s, …
func options() queue.Options {
	return queue.Options{Backoff: queue.Backoff{Initial: 10 * time.Second, Max: 40 * time.Second, Jitter: -1}}
}

var errPlanned = errors.New("planned failure")

// stage is a runner with a handler that follows a script and writes down what happens.
type stage struct {
	queue.Runner
	begun  time.Time
	cancel context.CancelFunc
	ended  chan error

	mu      sync.Mutex
	acts    map[string][]act // what runs of a key do, in turn; then nothing
	journal []string
	active  map[string]int // running handlers by queue
	faults  []string
}

// act is what one run of a task does.
type act func(ctx context.Context, t queue.Task) error

// newStage prepares a runner; it does not call Run yet.
func newStage(newRunner Make) *stage {
	return &stage{
		Runner: newRunner(options()), begun: time.Now(), ended: make(chan error, 1),
		acts: map[string][]act{}, active: map[string]int{},
	}
}

// script says what the coming runs of a key do.
func (s *stage) script(key string, acts ...act) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.acts[key] = acts
}

func (s *stage) open(ctx context.Context) {
	ctx, cancel := context.WithCancel(ctx)
	s.cancel = cancel
	go func() { s.ended <- s.Run(ctx, s.handle) }()
	synctest.Wait()
}

// close ends Run and returns the first thing that went wrong: broken, or what the stage saw by itself.
func (s *stage) close(broken error) error {
	if s.cancel == nil {
		return broken
	}
	s.cancel()
	var ended error
	select {
	case err := <-s.ended:
		if err != nil {
			ended = fmt.Errorf("run returned %w, want nil", err)
		}
	case <-time.After(time.Hour):
		ended = errors.New("run did not return within an hour of its context's end")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for name, n := range s.active {
		if n != 0 {
			s.faults = append(s.faults, "Run returned while a handler of queue "+name+" was running")
		}
	}
	switch {
	case broken != nil:
		return broken
	case len(s.faults) > 0:
		return errors.New(s.faults[0])
	}
	return ended
}

func (s *stage) handle(ctx context.Context, t queue.Task) error {
	s.mu.Lock()
	s.journal = append(s.journal, fmt.Sprintf("%v %s%s#%d", time.Since(s.begun), t.Key, t.Payload, t.Attempt))
	if s.active[t.Queue]++; s.active[t.Queue] > 1 {
		s.faults = append(s.faults, "two tasks of queue "+t.Queue+" ran at once")
	}
	var next act
	if acts := s.acts[t.Key]; len(acts) > 0 {
		next, s.acts[t.Key] = acts[0], acts[1:]
	}
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.active[t.Queue]--
	}()
	if next == nil {
		return nil
	}
	return next(ctx, t)
}

// add adds a task to queue q, with options applied by edits.
func (s *stage) add(key string, edits ...func(*queue.Task)) error {
	t := queue.Task{Queue: "q", Key: key, Kind: "test", Cause: "a check"}
	for _, edit := range edits {
		edit(&t)
	}
	if err := s.Add(t); err != nil {
		return fmt.Errorf("add of %s: %w", key, err)
	}
	return nil
}

// adds adds several in order.
func (s *stage) adds(keys ...string) error {
	for _, key := range keys {
		if err := s.add(key); err != nil {
			return err
		}
	}
	return nil
}

// is compares errors by errors.Is.
func is(what string, got, want error) error {
	if errors.Is(got, want) {
		return nil
	}
	if got == nil {
		return fmt.Errorf("%s is nil, want %q", what, want.Error())
	}
	return fmt.Errorf("%s is %q, want %q", what, got.Error(), want.Error())
}

// pass lets virtual time go by until everything has come to rest at d from now.
func pass(d time.Duration) {
	pause(d)
	synctest.Wait()
}

// pause waits in virtual time.
func pause(d time.Duration) { <-time.After(d) }

// saw compares the runs so far with "time key#attempt" of each.
func (s *stage) saw(want ...string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	got, all := strings.Join(s.journal, ", "), strings.Join(want, ", ")
	if got != all {
		return fmt.Errorf("runs were\n  %s\nwant\n  %s", got, all)
	}
	return nil
}

func fail(context.Context, queue.Task) error { return errPlanned }

// takes makes an act that needs d and ends with its context.
func takes(d time.Duration) act {
	return func(ctx context.Context, _ queue.Task) error {
		select {
		case <-time.After(d):
			return nil
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

func in(name string) func(*queue.Task)         { return func(t *queue.Task) { t.Queue = name } }
func at(p queue.Priority) func(*queue.Task)    { return func(t *queue.Task) { t.Priority = p } }
func within(d time.Duration) func(*queue.Task) { return func(t *queue.Task) { t.Timeout = d } }
func carrying(payload string) func(*queue.Task) {
	return func(t *queue.Task) { t.Payload = []byte(payload) }
}
func superseding(t *queue.Task) { t.Supersede = true }

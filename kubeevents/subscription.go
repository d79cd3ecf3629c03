package kubeevents

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
)

// Phase is how far a subscription is.
type Phase string

// The phases of a subscription.
const (
	Starting Phase = "Starting" // the first full list is not in yet
	Pending  Phase = "Pending"  // the kind is not served
	Synced   Phase = "Synced"   // the snapshot is complete and followed
	Failing  Phase = "Failing"  // it is not, for the reason in Err; retried until it is
)

// State says whether a subscription can be relied upon.
type State struct {
	Phase Phase
	// Err is why, for Pending a *PendingError, for Failing one of *ForbiddenError, *GroupError, *DiscoveryError,
	// *WatchError, *FilterError, *QueryError. Nil otherwise.
	Err error
	// Since is when Phase or the kind of Err last changed.
	Since time.Time
}

// Subscription is one query being followed. It is safe for concurrent use.
type Subscription struct {
	watcher  *Watcher
	query    Query
	selector *selector
	fn       func(Event)

	// A subscription to namespaces tells its owner what it sees, under its own lock.
	namespaces *Subscription
	onPut      func(name string, present bool)
	onState    func(State)

	mu       sync.Mutex
	resource *resource
	sources  []*source
	refusal  error // why there are no sources
	ended    error
	state    State
	changed  chan struct{} // closed at the next change of state

	items   map[string]*record
	order   []*record // items in order but for those touched since, nil when out of date
	touched map[string]*identity
	stale   map[string]struct{}
	broken  map[string]*FilterError
	bytes   int64
	allowed map[string]struct{} // namespaces selected by labels
	nsState State

	delivery delivery
}

// source is a stream as one subscription sees it.
type source struct {
	stream *stream
	filled bool
	err    error
}

func newSubscription(w *Watcher, q Query, selector *selector, fn func(Event)) *Subscription {
	s := &Subscription{
		watcher: w, query: q, selector: selector, fn: fn,
		state:   State{Phase: Starting, Since: time.Now()},
		changed: make(chan struct{}),
		items:   map[string]*record{},
	}
	if selector.namespaceLabels != nil {
		s.allowed = map[string]struct{}{}
		s.nsState = s.state
	}
	return s
}

// Wait blocks until the subscription is Synced. It returns early with the reason when that will not be soon:
// *PendingError, *ForbiddenError, *GroupError, *FilterError, *QueryError, ErrClosed or ErrStopped. Passing failures,
// as of an API server that is away, are waited out. When ctx ends, the error holds its cause and the last failure.
func (s *Subscription) Wait(ctx context.Context) error {
	for {
		s.mu.Lock()
		state, ended, changed := s.state, s.ended, s.changed
		s.mu.Unlock()
		switch {
		case ended != nil:
			return ended
		case state.Phase == Synced:
			return nil
		case lasting(state.Err):
			return state.Err
		}
		select {
		case <-changed:
		case <-ctx.Done():
			if state.Err != nil {
				return fmt.Errorf("%w: %w", context.Cause(ctx), state.Err)
			}
			return fmt.Errorf("%w: waiting for the first list of %s", context.Cause(ctx), s.query.Kind)
		}
	}
}

// State tells how the subscription is now.
func (s *Subscription) State() State {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.state
}

// Snapshot returns what is known now. Before the first full list it is incomplete, and its Time is zero.
func (s *Subscription) Snapshot() Snapshot {
	s.mu.Lock()
	defer s.mu.Unlock()
	snapshot := &snapshotState{records: s.inOrder(), fresh: time.Now()}
	var revisions []string
	for _, source := range s.sources {
		progress := source.stream.progress.Load()
		revisions = append(revisions, progress.revision)
		if !progress.alive && progress.at.Before(snapshot.fresh) {
			snapshot.fresh = progress.at
		}
	}
	if !s.complete() {
		snapshot.fresh = time.Time{}
	}
	snapshot.revision = strings.Join(revisions, ",")
	return Snapshot{snapshot}
}

// Usage is what a subscription holds in memory.
type Usage struct {
	Objects int
	Bytes   int64 // results, whole objects and bookkeeping; what several subscriptions share counts for each
}

// Usage tells what the subscription holds now.
func (s *Subscription) Usage() Usage {
	s.mu.Lock()
	defer s.mu.Unlock()
	return Usage{Objects: len(s.items), Bytes: s.bytes}
}

// Close ends the subscription. No call of fn begins after it has returned, one may still be running.
func (s *Subscription) Close() {
	s.end(ErrClosed)
	if s.namespaces != nil {
		s.namespaces.Close()
	}
	s.watcher.forget(s)
}

// end is for good; what was held is let go.
func (s *Subscription) end(reason error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended != nil {
		return
	}
	s.ended = reason
	s.delivery.stop()
	if errors.Is(reason, ErrClosed) {
		s.items, s.order, s.touched, s.stale, s.broken, s.bytes = map[string]*record{}, nil, nil, nil, nil, 0
	}
	close(s.changed)
	s.changed = make(chan struct{})
}

// attach begins to follow streams. What is known from earlier ones stays until these are complete.
func (s *Subscription) attach(r resource, streams []*stream) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.resource, s.refusal, s.sources = &r, nil, nil
	for _, stream := range streams {
		s.sources = append(s.sources, &source{stream: stream})
	}
	s.stale = make(map[string]struct{}, len(s.items))
	for key := range s.items {
		s.stale[key] = struct{}{}
	}
	s.broken = nil
	s.judge()
}

func (s *Subscription) detach() []*stream {
	s.mu.Lock()
	defer s.mu.Unlock()
	streams := make([]*stream, len(s.sources))
	for i, source := range s.sources {
		streams[i] = source.stream
	}
	s.sources, s.resource = nil, nil
	return streams
}

// refuse records why there is nothing to attach to. When the kind is known not to exist, neither do its objects.
func (s *Subscription) refuse(reason error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.refusal = reason
	var pending *PendingError
	if errors.As(reason, &pending) && len(pending.Dead) == 0 {
		for key, record := range s.items {
			s.replace(key, record.id, nil)
		}
		s.broken = nil
	}
	s.judge()
}

// followed is how a stream reports: that it has filled the subscription, and how it is.
func (s *Subscription) followed(from *stream, filled bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, source := range s.sources {
		if source.stream == from {
			source.filled = source.filled || filled
			source.err = err
		}
	}
	s.judge()
}

// judge brings the state up to date.
func (s *Subscription) judge() {
	if s.ended != nil {
		return
	}
	if s.complete() {
		s.settle()
	}
	phase, err := s.verdict()
	if phase == s.state.Phase && sameReason(err, s.state.Err) {
		s.state.Err = err
		return
	}
	s.state = State{Phase: phase, Err: err, Since: time.Now()}
	close(s.changed)
	s.changed = make(chan struct{})
	if s.onState != nil {
		s.onState(s.state)
	}
}

// settle is done once everything has been listed.
func (s *Subscription) settle() {
	for key := range s.stale {
		if record := s.items[key]; record != nil {
			s.replace(key, record.id, nil)
		}
	}
	s.stale = nil
	if since := s.delivery.due; since != nil {
		s.deliver(*since)
	}
}

func (s *Subscription) verdict() (Phase, error) {
	var pending *PendingError
	switch {
	case errors.As(s.refusal, &pending):
		return Pending, s.refusal
	case s.refusal != nil:
		return Failing, s.refusal
	}
	for _, source := range s.sources {
		if source.err != nil {
			return Failing, source.err
		}
	}
	switch {
	case s.allowed != nil && s.nsState.Err != nil:
		return s.nsState.Phase, s.nsState.Err
	case len(s.broken) > 0:
		return Failing, s.firstBroken()
	case s.complete():
		return Synced, nil
	}
	return Starting, nil
}

// complete tells whether every stream has been read to the end of its list at least once.
func (s *Subscription) complete() bool {
	unfilled := func(s *source) bool { return !s.filled }
	return len(s.sources) > 0 && !slices.ContainsFunc(s.sources, unfilled) && (s.allowed == nil || s.nsState.Phase == Synced)
}

func (s *Subscription) firstBroken() error {
	first := ""
	for key := range s.broken {
		if first == "" || key < first {
			first = key
		}
	}
	return s.broken[first]
}

// lasting reasons are for the waiter to act upon.
func lasting(err error) bool {
	var (
		pending   *PendingError
		forbidden *ForbiddenError
		group     *GroupError
		filter    *FilterError
		query     *QueryError
	)
	return errors.As(err, &pending) || errors.As(err, &forbidden) || errors.As(err, &group) || errors.As(err, &filter) || errors.As(err, &query)
}

// sameReason ignores the details of passing failures, which change with every try.
func sameReason(a, b error) bool {
	if a == nil || b == nil {
		return a == nil && b == nil
	}
	return fmt.Sprintf("%T", a) == fmt.Sprintf("%T", b) && (!lasting(a) || a.Error() == b.Error())
}

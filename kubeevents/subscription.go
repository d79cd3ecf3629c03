package kubeevents

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"
)

// Subscription is one query being followed. It is safe for concurrent use.
type Subscription struct {
	watcher   *Watcher
	query     Query
	selector  *selector
	fn        func(Event)
	filterKey any // see identify

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
		watcher: w, query: q, selector: selector, fn: fn, filterKey: identify(q.Filter),
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

package kubeevents

import (
	"errors"
	"fmt"
	"slices"
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

package kubeevents

import (
	"context"
	"errors"
	"time"
)

// The pauses between looks at discovery while a kind is missing.
const (
	firstLook = 250 * time.Millisecond
	lastLook  = 30 * time.Second
	// enough is the pause after which, if CustomResourceDefinitions and APIServices are watched, only their changes
	// start another look.
	enough = 10 * time.Second
)

// keeper finds the resources of subscriptions and keeps finding them.
type keeper struct {
	*Watcher
	pause   backoff
	looked  time.Time // when the discovery document was read
	failure error     // why it could not be
	signals []*Subscription
}

// keep runs until ctx ends.
func (w *Watcher) keep(ctx context.Context) {
	k := &keeper{Watcher: w, pause: backoff{first: firstLook, most: lastLook}}
	again := time.NewTimer(0)
	defer again.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-w.look:
			// A look that was not planned is the sign of a change, which may take a moment to show.
			k.pause.tries = min(k.pause.tries, 1)
			if k.failure != nil && !sleep(ctx, firstLook) {
				return
			}
		case <-again.C:
		}
		again.Stop()
		if k.settle(ctx) {
			k.pause.reset()
			k.unsignal()
			continue
		}
		pause := k.pause.next()
		if pause > enough && k.signalled() {
			continue
		}
		again.Reset(pause)
	}
}

// settle attaches what can be attached and tells whether nothing is left.
func (k *keeper) settle(ctx context.Context) bool {
	if k.gone() || k.missing() {
		k.refresh(ctx)
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.settleDoubts()
	all, pending := true, false
	for s := range k.subscriptions {
		if s.attached() {
			continue
		}
		resource, err := k.find(s)
		if err != nil {
			var missing *PendingError
			pending = pending || errors.As(err, &missing)
			all = false
			s.refuse(err)
			continue
		}
		if err := s.suits(resource); err != nil {
			s.refuse(err)
			continue
		}
		k.join(s, resource)
	}
	if pending {
		k.signal()
	}
	return all
}

func (k *keeper) find(s *Subscription) (resource, error) {
	r, err := k.kinds.find(s.query.APIVersion, s.query.Kind)
	if err != nil && k.failure != nil {
		return resource{}, k.failure
	}
	return r, err
}

// missing tells whether the document known lacks a kind. One that has just been read is not read again.
func (k *keeper) missing() bool {
	if !k.looked.IsZero() && time.Since(k.looked) < firstLook/2 {
		return false
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	for s := range k.subscriptions {
		if !s.attached() {
			if _, err := k.find(s); err != nil {
				return true
			}
		}
	}
	return false
}

func (k *keeper) gone() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return len(k.doubts) > 0
}

// settleDoubts detaches from streams whose resource is not served any more, or no longer preferred. The streams that
// remain go on by themselves.
func (k *keeper) settleDoubts() {
	for stream := range k.doubts {
		if k.failure == nil {
			for _, tap := range stream.current() {
				r, err := k.kinds.find(tap.query.APIVersion, tap.query.Kind)
				if err == nil && r.gvr == stream.key.gvr {
					continue
				}
				k.leave(tap.Subscription)
			}
		}
		delete(k.doubts, stream)
	}
}

func (k *keeper) refresh(ctx context.Context) {
	err := k.kinds.refresh(ctx)
	if ctx.Err() != nil {
		return
	}
	if err != nil && k.failure == nil {
		k.log.Info("discovery failed, retrying", "error", err.Error())
	}
	k.failure, k.looked = err, time.Now()
}

// signal watches what announces new kinds. The caller holds Watcher.mu.
func (k *keeper) signal() {
	if len(k.signals) > 0 {
		return
	}
	for _, query := range []Query{
		{APIVersion: "apiextensions.k8s.io/v1", Kind: "CustomResourceDefinition"},
		{APIVersion: "apiregistration.k8s.io/v1", Kind: "APIService"},
	} {
		resource, err := k.kinds.find(query.APIVersion, query.Kind)
		if err != nil {
			continue
		}
		selector, _ := newSelector(query)
		s := newSubscription(k.Watcher, query, selector, func(Event) { k.lookAgain() })
		k.subscriptions[s] = struct{}{}
		s.Deliver(Snapshot{})
		k.join(s, resource)
		k.signals = append(k.signals, s)
	}
}

func (k *keeper) unsignal() {
	for _, s := range k.signals {
		s.Close()
	}
	k.signals = nil
}

// signalled tells whether a new kind will be announced.
func (k *keeper) signalled() bool {
	for _, s := range k.signals {
		if s.State().Phase != Synced {
			return false
		}
	}
	return len(k.signals) > 0 && k.failure == nil && !k.kinds.dead()
}

// attached tells whether the subscription needs nothing of the keeper.
func (s *Subscription) attached() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	var query *QueryError
	return len(s.sources) > 0 || s.ended != nil || errors.As(s.refusal, &query)
}

// suits refuses what only shows when the resource is known.
func (s *Subscription) suits(r resource) error {
	if r.namespaced {
		return nil
	}
	if len(s.selector.namespaces) > 0 || s.selector.namespaceLabels != nil {
		return &QueryError{"Namespaces", r.gvr.Resource + " have no namespace: remove the condition"}
	}
	return nil
}

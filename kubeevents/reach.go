package kubeevents

import (
	"context"
	"fmt"

	"k8s.io/apimachinery/pkg/util/resourceversion"
)

// Reach blocks until what the subscription knows is at least as new as a version of an object in that namespace, as
// the answer to a write tells it: read your writes. A version that says nothing, as those of fakes, is reached at
// once. Reach does not wait for a subscription that has no streams, see Wait.
func (s *Subscription) Reach(ctx context.Context, namespace, version string) error {
	for _, stream := range s.covering(namespace) {
		if err := stream.reach(ctx, version); err != nil {
			return fmt.Errorf("waiting for version %s of %s: %w", version, stream.key.gvr.GroupResource(), err)
		}
	}
	return nil
}

func (s *Subscription) covering(namespace string) (streams []*stream) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, source := range s.sources {
		if in := source.stream.key.namespace; in == "" || in == namespace {
			streams = append(streams, source.stream)
		}
	}
	return streams
}

func (s *stream) reach(ctx context.Context, version string) error {
	s.waiting.Add(1)
	defer s.waiting.Add(-1)
	for {
		s.mu.Lock()
		moved := s.moved
		s.mu.Unlock()
		revision := s.progress.Load().revision
		if order, err := resourceversion.CompareResourceVersion(revision, version); revision != "" && (err != nil || order >= 0) {
			return nil
		}
		select {
		case <-moved:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// move wakes those who wait for a version.
func (s *stream) move() {
	if s.waiting.Load() == 0 {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	close(s.moved)
	s.moved = make(chan struct{})
}

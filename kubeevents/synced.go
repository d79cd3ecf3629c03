package kubeevents

import "context"

// Synced blocks until the subscription is in phase Synced, however long its
// kind is not served or a permission is missing. It returns ErrClosed,
// ErrStopped, or the cause of ctx's end.
func (s *Subscription) Synced(ctx context.Context) error {
	for {
		s.mu.Lock()
		phase, ended, changed := s.state.Phase, s.ended, s.changed
		s.mu.Unlock()
		switch {
		case ended != nil:
			return ended
		case phase == Synced:
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

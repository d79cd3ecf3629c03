package helmclienttest

import (
	"context"

	"github.com/addonkit/addonkit/helmclient"
)

// WatchHealth implements [helmclient.HealthWatcher]. Releases are Ready until SetHealth says otherwise.
func (f *Fake) WatchHealth(ctx context.Context, namespace, name string, _ []helmclient.HealthRule, fn func(helmclient.Health)) error {
	key := namespace + "/" + name
	for {
		f.state.mu.Lock()
		exists := len(f.state.releases[key]) > 0
		health, set := f.state.health[key]
		changed := f.state.healthChanged
		f.state.mu.Unlock()
		if !exists {
			_, err := failed(namespace, name, helmclient.PhaseRecord, helmclient.ReasonNotFound, helmclient.ErrNotFound)
			return err
		}
		if !set {
			health = helmclient.Health{State: helmclient.Ready}
		}
		if ctx.Err() != nil {
			return nil //nolint:nilerr // the end of ctx is how watching ends
		}
		fn(health)
		select {
		case <-changed:
		case <-ctx.Done():
			return nil
		}
	}
}

// SetHealth changes what WatchHealth tells of a release.
func (f *Fake) SetHealth(namespace, name string, h helmclient.Health) {
	f.state.mu.Lock()
	defer f.state.mu.Unlock()
	f.state.health[namespace+"/"+name] = h
	close(f.state.healthChanged)
	f.state.healthChanged = make(chan struct{})
}

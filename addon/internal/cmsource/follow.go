package cmsource

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/watch"

	"github.com/addonkit/addonkit/values"
)

const (
	firstDelay = time.Second
	lastDelay  = 30 * time.Second
	stable     = 5 * time.Second // a watch that lasted longer did not fail at once
)

// follower keeps the place in the stream of events over several watches.
type follower struct {
	source  *Source
	fn      func(values.Config)
	version string // to go on from; "": read first
}

// follow holds one watch until it ends. After an error the next one begins by reading.
func (f *follower) follow(ctx context.Context) (err error) {
	defer func() {
		if err != nil {
			f.version = ""
		}
	}()
	if f.version == "" {
		if f.version, err = f.source.refresh(ctx, f.fn); err != nil {
			return err
		}
	}
	options := f.source.only()
	options.ResourceVersion, options.AllowWatchBookmarks = f.version, true
	events, err := f.source.client.Watch(ctx, options)
	if err != nil {
		return err
	}
	defer events.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case e, open := <-events.ResultChan():
			if !open {
				return nil
			}
			if err := f.take(ctx, e); err != nil {
				return err
			}
		}
	}
}

func (f *follower) take(ctx context.Context, e watch.Event) error {
	if e.Type == watch.Error {
		return apierrors.FromObject(e.Object)
	}
	cm, is := e.Object.(*corev1.ConfigMap)
	if !is {
		return fmt.Errorf("the watch delivered a %T", e.Object)
	}
	if cm.ResourceVersion != "" {
		f.version = cm.ResourceVersion
	}
	if e.Type == watch.Bookmark || cm.Name != f.source.name {
		return nil
	}
	if e.Type == watch.Deleted {
		cm = nil
	}
	if f.source.isKnown(dataOf(cm)) {
		return nil
	}
	_, err := f.source.refresh(ctx, f.fn)
	return err
}

// sleep waits, and tells whether ctx has not ended.
func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

// jitter takes away up to a fifth, so that many operators do not come back together.
func jitter(d time.Duration) time.Duration {
	return d - time.Duration(rand.Float64()*float64(d)/5)
}

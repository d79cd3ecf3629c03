package cluster

import (
	"context"
	"sync"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/metadata"
)

// Follow forgets what was discovered whenever a definition or an aggregated API comes, goes or changes,
// until ctx ends. It needs one list of one item and one metadata watch for each of the two. Where that is
// not allowed, discovery is refreshed by unknown kinds only.
func (c *Cluster) Follow(ctx context.Context, m metadata.Interface) {
	var wg sync.WaitGroup
	for _, r := range []schema.GroupVersionResource{
		{Group: "apiextensions.k8s.io", Version: "v1", Resource: "customresourcedefinitions"},
		{Group: "apiregistration.k8s.io", Version: "v1", Resource: "apiservices"},
	} {
		wg.Go(func() { c.follow(ctx, m.Resource(r)) })
	}
	wg.Wait()
}

const pause = 30 * time.Second // after the API server failed

func (c *Cluster) follow(ctx context.Context, in metadata.Getter) {
	for ctx.Err() == nil {
		err := c.watchOnce(ctx, in)
		if apierrors.IsForbidden(err) || apierrors.IsNotFound(err) || ctx.Err() != nil {
			return
		}
		c.Refresh(ctx) // something may have been missed
		select {
		case <-ctx.Done():
		case <-time.After(pause):
		}
	}
}

// watchOnce returns when the stream is broken; one that the server ends in the usual way is taken up again.
func (c *Cluster) watchOnce(ctx context.Context, in metadata.Getter) error {
	list, err := in.List(ctx, metav1.ListOptions{Limit: 1}) // for the resource version
	if err != nil {
		return err
	}
	for version := list.ResourceVersion; version != ""; {
		w, err := in.Watch(ctx, metav1.ListOptions{ResourceVersion: version, AllowWatchBookmarks: true})
		if err != nil {
			return err
		}
		version = c.events(ctx, w)
		w.Stop()
	}
	return nil
}

// settling is when discovery is forgotten again after a change, as the API server tells of a change before
// its discovery documents follow.
func settling() []time.Duration {
	return []time.Duration{time.Second, 4 * time.Second, 10 * time.Second}
}

// events returns the version reached, "" when the stream is broken.
func (c *Cluster) events(ctx context.Context, w watch.Interface) (version string) {
	var delays []time.Duration
	again := time.NewTimer(0)
	again.Stop()
	defer again.Stop()
	for {
		select {
		case <-ctx.Done():
			return ""
		case <-again.C:
			c.Refresh(ctx)
		case e, open := <-w.ResultChan():
			if !open {
				if len(delays) > 0 {
					c.Refresh(ctx)
				}
				return version
			}
			object, ok := e.Object.(*metav1.PartialObjectMetadata)
			if e.Type == watch.Error || !ok {
				return ""
			}
			version = object.ResourceVersion
			if e.Type == watch.Bookmark {
				continue
			}
			c.Refresh(ctx)
			delays = settling()
		}
		if len(delays) > 0 {
			again.Reset(delays[0])
			delays = delays[1:]
		}
	}
}

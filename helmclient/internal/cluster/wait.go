package cluster

import (
	"context"
	"fmt"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/dynamic"
)

// Until watches one object until done says so; where watching is forbidden it asks every second. done is called
// with each state seen, nil when the object does not exist, and from this goroutine only. Until returns
// done's error, or why it could not watch.
func Until(ctx context.Context, in dynamic.ResourceInterface, name string, done func(*unstructured.Unstructured) (bool, error)) error {
	f := follower{in: in, name: name, done: done}
	for {
		finished, err := f.stream(ctx)
		if finished || err != nil {
			return err
		}
	}
}

// follower is one object that is watched over any number of streams.
type follower struct {
	in      dynamic.ResourceInterface
	name    string
	done    func(*unstructured.Unstructured) (bool, error)
	version string // where the next stream goes on; "": it begins with a read
}

// stream returns false without an error when the stream ended and has to be opened again.
func (f *follower) stream(ctx context.Context) (bool, error) {
	w, err := f.in.Watch(ctx, metav1.ListOptions{
		FieldSelector:   fields.OneTermEqualSelector("metadata.name", f.name).String(),
		ResourceVersion: f.version, AllowWatchBookmarks: true,
	})
	if apierrors.IsForbidden(err) {
		w, err, f.version = ticking(ctx), nil, ""
	}
	if err != nil {
		return false, fmt.Errorf("watch: %w", err)
	}
	defer w.Stop()
	if f.version == "" {
		// Read after the watch is open, so that no change falls between the two.
		if finished, err := f.read(ctx); finished || err != nil {
			return finished, err
		}
	}
	for events := 0; ; events++ {
		select {
		case <-ctx.Done():
			return false, context.Cause(ctx)
		case e, open := <-w.ResultChan():
			switch {
			case ctx.Err() != nil:
				return false, context.Cause(ctx)
			case !open && events > 0:
				return false, nil
			case !open || e.Type == watch.Error: // too old, or broken: from the beginning
				f.version = ""
				return false, nil
			}
			if finished, err := f.event(e); finished || err != nil {
				return finished, err
			}
		}
	}
}

func (f *follower) read(ctx context.Context) (bool, error) {
	object, err := f.in.Get(ctx, f.name, metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		return f.done(nil)
	}
	if err != nil {
		return false, err
	}
	return f.done(object)
}

func (f *follower) event(e watch.Event) (bool, error) {
	object, ok := e.Object.(*unstructured.Unstructured)
	if !ok {
		return false, nil
	}
	f.version = object.GetResourceVersion()
	switch {
	case e.Type == watch.Bookmark || object.GetName() != f.name:
		return false, nil
	case e.Type == watch.Deleted:
		return f.done(nil)
	}
	return f.done(object)
}

// ticking is a watch that ends after a second without an event, so that the object is read again.
func ticking(ctx context.Context) watch.Interface {
	ctx, stop := context.WithTimeout(ctx, time.Second)
	events := make(chan watch.Event)
	end := context.AfterFunc(ctx, func() { close(events) })
	return &ticker{events, func() { end(); stop() }}
}

type ticker struct {
	events chan watch.Event
	stop   func()
}

func (t *ticker) ResultChan() <-chan watch.Event { return t.events }
func (t *ticker) Stop()                          { t.stop() }

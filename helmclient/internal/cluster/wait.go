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

// Until watches one object until done says so; where watching is forbidden it asks every second. done is called with each state seen, nil when the object
// does not exist, and from this goroutine only. Until returns done's error, or why it could not watch.
func Until(ctx context.Context, in dynamic.ResourceInterface, name string, done func(*unstructured.Unstructured) (bool, error)) error {
	for {
		finished, err := follow(ctx, in, name, done)
		if finished || err != nil {
			return err
		}
	}
}

// follow returns false without an error when the stream ended and has to be opened again.
func follow(ctx context.Context, in dynamic.ResourceInterface, name string, done func(*unstructured.Unstructured) (bool, error)) (bool, error) {
	w, err := in.Watch(ctx, metav1.ListOptions{FieldSelector: fields.OneTermEqualSelector("metadata.name", name).String()})
	if apierrors.IsForbidden(err) {
		w, err = ticking(ctx), nil
	}
	if err != nil {
		return false, fmt.Errorf("watch: %w", err)
	}
	defer w.Stop()
	// Read after the watch is open, so that no change falls between the two.
	object, err := in.Get(ctx, name, metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		object, err = nil, nil
	}
	if err != nil {
		return false, err
	}
	if finished, err := done(object); finished || err != nil {
		return finished, err
	}
	for {
		select {
		case <-ctx.Done():
			return false, context.Cause(ctx)
		case e, open := <-w.ResultChan():
			if !open || e.Type == watch.Error {
				if err := ctx.Err(); err != nil {
					return false, context.Cause(ctx)
				}
				return false, nil
			}
			object, ok := e.Object.(*unstructured.Unstructured)
			if !ok || object.GetName() != name {
				continue
			}
			if e.Type == watch.Deleted {
				object = nil
			}
			if finished, err := done(object); finished || err != nil {
				return finished, err
			}
		}
	}
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

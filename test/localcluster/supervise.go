package localcluster

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// stopLimit is how long one component may take to stop. An API server whose storage has
// gone would otherwise wait for minutes.
const stopLimit = 15 * time.Second

// component is one server of the control plane.
type component struct {
	name  string
	run   func(context.Context) error // blocks until its context ends
	ready func(context.Context) error // blocks until it serves; nil: at once
}

// supervise starts the components in order, each when the one before it is ready, and
// stops them in the reverse order when ctx ends or one of them fails.
func supervise(ctx context.Context, components []component, o Options) (err error) {
	failed := make(chan error, len(components))
	for _, c := range components {
		stop := start(ctx, c, failed)
		defer func() { err = errors.Join(err, stop()) }()
		if err := awaitReady(ctx, c, failed); err != nil {
			return err
		}
		o.Step(c.name + " ready")
	}
	o.Ready()
	select {
	case <-ctx.Done():
		return nil
	case err := <-failed:
		return err
	}
}

// start runs the component on a context of its own, so that the components do not all
// stop at once, and returns the function that ends it.
func start(ctx context.Context, c component, failed chan<- error) (stop func() error) {
	ctx, end := context.WithCancel(context.WithoutCancel(ctx))
	done := make(chan struct{})
	go func() {
		defer close(done)
		err := c.run(ctx)
		if ctx.Err() == nil {
			failed <- fmt.Errorf("%s ended by itself: %w", c.name, err)
		}
	}()
	return func() error {
		end()
		select {
		case <-done:
			return nil
		case <-time.After(stopLimit):
			return fmt.Errorf("%s still ran %s after it was told to stop", c.name, stopLimit)
		}
	}
}

func awaitReady(ctx context.Context, c component, failed <-chan error) error {
	if c.ready == nil {
		return nil
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	ready := make(chan error, 1)
	go func() { ready <- c.ready(ctx) }()
	select {
	case err := <-failed:
		return err
	case err := <-ready:
		if err != nil {
			return fmt.Errorf("%s did not become ready: %w", c.name, err)
		}
		return nil
	}
}

// poll calls ok until it reports true.
func poll(ctx context.Context, ok func() bool) error {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
	return nil
}

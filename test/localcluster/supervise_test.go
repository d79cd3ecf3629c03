package localcluster

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"
)

// script records what components do.
type script struct{ lines []string }

func (s *script) component(name string) component {
	return component{
		name: name,
		run: func(ctx context.Context) error {
			<-ctx.Done()
			s.lines = append(s.lines, name+" stops")
			return nil
		},
		ready: func(context.Context) error {
			s.lines = append(s.lines, name+" is ready")
			return nil
		},
	}
}

func TestSuperviseStopsInReverseOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &script{}
		ctx, stop := context.WithCancel(t.Context())
		o := Options{Ready: func() { s.lines = append(s.lines, "ready"); stop() }}.withDefaults()
		require.NoError(t, supervise(ctx, []component{s.component("a"), s.component("b")}, o))
		require.Equal(t, []string{"a is ready", "b is ready", "ready", "b stops", "a stops"}, s.lines)
	})
}

func TestSuperviseEndsWhenAComponentDoes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, gone := &script{}, errors.New("gone")
		dies := component{name: "b", run: func(context.Context) error { return gone }}
		err := supervise(t.Context(), []component{s.component("a"), dies}, Options{}.withDefaults())
		require.ErrorIs(t, err, gone)
		require.ErrorContains(t, err, "b ended by itself")
		require.Equal(t, []string{"a is ready", "a stops"}, s.lines)
	})
}

func TestSuperviseNamesWhatHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		hangs := component{name: "hanging", run: func(context.Context) error { <-release; return nil }}
		ctx, stop := context.WithCancel(t.Context())
		err := supervise(ctx, []component{hangs}, Options{Ready: stop}.withDefaults())
		require.ErrorContains(t, err, "hanging still ran 15s after it was told to stop")
		close(release)
	})
}

func TestSuperviseDoesNotWaitForWhatCannotGetReady(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dies := component{
			name:  "a",
			run:   func(context.Context) error { return errors.New("no port") },
			ready: func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() },
		}
		require.ErrorContains(t, supervise(t.Context(), []component{dies}, Options{}.withDefaults()), "a ended by itself: no port")
	})
}

package hooks_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/addonkit/addonkit/hooks"
)

func TestLimiter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := hooks.Hook{MinInterval: 3 * time.Second, Burst: 2}
		l := h.Limiter()
		require.Zero(t, l.Take(time.Now()))
		require.Zero(t, l.Take(time.Now()))
		require.Equal(t, 3*time.Second, l.Take(time.Now()))
		require.Equal(t, 3*time.Second, l.Take(time.Now()), "a refusal is not counted")
		time.Sleep(2 * time.Second)
		require.Equal(t, time.Second, l.Take(time.Now()))
		time.Sleep(time.Second)
		require.Zero(t, l.Take(time.Now()))
		require.Equal(t, 3*time.Second, l.Take(time.Now()))
		time.Sleep(time.Hour)
		require.Zero(t, l.Take(time.Now()))
		require.Zero(t, l.Take(time.Now()))
		require.NotZero(t, l.Take(time.Now()), "no more than a burst is saved up")
	})
	require.Zero(t, (&hooks.Hook{}).Limiter().Take(time.Now()))
}

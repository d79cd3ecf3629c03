package operator_test

import (
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/addonkit/addonkit/test/cluster"
)

// An operator that starts while the API server is away waits for it.
func TestServerAwayAtStart(t *testing.T) {
	own, err := cluster.Start(t.Context(), cluster.Options{Split: true, Progress: os.Stderr})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, own.Stop()) })
	w := newWorldOn(t, own)
	own.KillPart(cluster.APIServer)

	op, _ := w.start(w.options(configMapModules(2)...))
	require.Error(t, op.Ready(t.Context()))
	require.NoError(t, own.StartPart(t.Context(), cluster.APIServer))
	w.ready(op)
	require.Len(t, w.releases(), 2)
}

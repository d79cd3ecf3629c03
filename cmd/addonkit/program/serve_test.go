package program

import (
	"context"
	"fmt"
	"net/http"
	"path/filepath"
	"testing"

	"github.com/go-logr/logr"
	"github.com/stretchr/testify/require"
)

var discard = logr.Discard()

func TestStatusThroughSocketAndAddress(t *testing.T) {
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = fmt.Fprintf(w, "%s as %s\n", r.URL.Path, r.URL.Query().Get("output"))
	})
	s := settings{listenAddress: "127.0.0.1:0", socket: filepath.Join(t.TempDir(), "run", "s")}
	// The second round finds what the first one left.
	for range 2 {
		listeners, err := s.listen(t.Context(), discard)
		require.NoError(t, err)
		ctx, cancel := context.WithCancel(t.Context())
		served := make(chan error, 1)
		go func() { served <- serve(ctx, discard, handler, listeners) }()

		code, stdout, stderr := call(t, map[string]string{"DEBUG_UNIX_SOCKET": s.socket}, "status")
		require.Equal(t, ExitOK, code, stderr)
		require.Equal(t, "/status as table\n", stdout)

		code, stdout, stderr = call(t, nil, "status", "-o", "json", "--address", listeners[0].Addr().String())
		require.Equal(t, ExitOK, code, stderr)
		require.Equal(t, "/status as json\n", stdout)

		cancel()
		require.NoError(t, <-served)
	}
	code, _, stderr := call(t, nil, "status", "--socket", s.socket)
	require.Equal(t, ExitFailed, code)
	require.Contains(t, stderr, "is the operator running?")
}

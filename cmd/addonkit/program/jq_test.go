package program

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestHooksFindJQ(t *testing.T) {
	t.Setenv("PATH", t.TempDir()) // a machine without jq
	dir, remove, err := offerJQ(t.TempDir())
	require.NoError(t, err)
	require.NotEmpty(t, dir)

	// A link to this very binary; TestMain makes it jq.
	out, err := exec.CommandContext(t.Context(), filepath.Join(dir, "jq"), "-n", "-c", "[1]").CombinedOutput()
	require.NoError(t, err, string(out))
	require.Equal(t, "[1]\n", string(out))

	t.Setenv("PATH", dir) // a machine with one
	again, _, err := offerJQ(t.TempDir())
	require.NoError(t, err)
	require.Empty(t, again)

	remove()
	_, err = os.Stat(dir)
	require.ErrorIs(t, err, os.ErrNotExist)
}

func TestJQCommand(t *testing.T) {
	code, stdout, stderr := call(t, nil, "jq", "-c", "map(. + 1)")
	require.Equal(t, ExitOK, code, stderr)
	require.Equal(t, "[2,3]\n", stdout)

	code, _, stderr = call(t, nil, "jq", "{")
	require.Equal(t, 3, code)
	require.Contains(t, stderr, "jq: error")
	require.NotContains(t, stderr, "exit code", "jq has said it")
}

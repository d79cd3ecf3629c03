package examples

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/addonkit/addonkit/addon"
	"github.com/addonkit/addonkit/values"
)

// decide asks the enabled script of a module.
func decide(t *testing.T, module string, content map[string]any) addon.Decision {
	t.Helper()
	view, err := values.ViewOf(content)
	require.NoError(t, err)
	for _, m := range addon.LoadModules(addon.LoadOptions{Exec: execOptions(t, false)}, "modules") {
		if m.Name == module {
			require.NoError(t, m.Err)
			decision, err := m.Enabled(t.Context(), addon.EnabledInput{Module: module, Values: view})
			require.NoError(t, err)
			return decision
		}
	}
	require.Fail(t, "there is no such module", module)
	return addon.Decision{}
}

func TestSysctlExporterNeedsTheTuner(t *testing.T) {
	with := func(enabled ...any) map[string]any {
		return map[string]any{"global": map[string]any{"enabledModules": enabled}}
	}
	vetoed := decide(t, "sysctl-exporter", with("other"))
	require.NotNil(t, vetoed.Enabled)
	require.False(t, *vetoed.Enabled)
	require.Equal(t, "needs the module sysctl-tuner", vetoed.Reason)

	allowed := decide(t, "sysctl-exporter", with("other", "sysctl-tuner"))
	require.True(t, allowed.Enabled == nil || *allowed.Enabled)
}

func TestPythonReportNeedsPython(t *testing.T) {
	if _, err := exec.LookPath("python3"); err == nil {
		decision := decide(t, "python-report", map[string]any{"global": map[string]any{}})
		require.True(t, decision.Enabled == nil || *decision.Enabled)
	}
	bash, err := exec.LookPath("bash")
	require.NoError(t, err)
	t.Setenv("PATH", only(t, bash))
	decision := decide(t, "python-report", map[string]any{"global": map[string]any{}})
	require.False(t, *decision.Enabled)
	require.Equal(t, "skipped: no python3", decision.Reason)
}

// only is a PATH that offers nothing but these programs.
func only(t *testing.T, programs ...string) string {
	t.Helper()
	dir := t.TempDir()
	for _, program := range programs {
		require.NoError(t, os.Symlink(program, filepath.Join(dir, filepath.Base(program))))
	}
	return dir
}

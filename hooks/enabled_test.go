package hooks_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/addonkit/addonkit/hooks"
	"github.com/addonkit/addonkit/values"
)

func TestEnabledScript(t *testing.T) {
	for _, test := range []struct {
		name, script string
		enabled      bool
		reason, err  string
	}{
		{"yes", `echo true > "$MODULE_ENABLED_RESULT"`, true, "", ""},
		{"no, with a reason", `echo false > "$MODULE_ENABLED_RESULT"; echo "not here" > "$MODULE_ENABLED_REASON"`, false, "not here", ""},
		{"reads values", `grep -q '"replicas":3' "$VALUES_PATH" && grep -q '"size":1' "$CONFIG_VALUES_PATH" && echo true > "$MODULE_ENABLED_RESULT"`, true, "", ""},
		{"says nothing", `true`, false, "", "neither true nor false"},
		{"fails", `echo broken >&2; echo true > "$MODULE_ENABLED_RESULT"; exit 3`, false, "", "broken"},
		{"hangs", `sleep 1000`, false, "", "deadline"},
	} {
		t.Run(test.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "enabled")
			require.NoError(t, os.WriteFile(path, []byte("#!/usr/bin/env bash\n"+test.script+"\n"), 0o755))
			config, err := values.ViewOf(map[string]any{"web": map[string]any{"size": 1}})
			require.NoError(t, err)
			effective, err := values.ViewOf(map[string]any{"web": map[string]any{"replicas": 3}})
			require.NoError(t, err)

			o := hooks.ExecOptions{TempDir: t.TempDir(), Timeout: 2 * time.Second, Grace: time.Second}
			enabled, reason, err := hooks.EnabledScript(path, o)(t.Context(), config, effective)
			if test.err != "" {
				require.ErrorContains(t, err, test.err)
				require.ErrorContains(t, err, path)
				return
			}
			require.NoError(t, err)
			require.Equal(t, test.enabled, enabled)
			require.Equal(t, test.reason, reason)
			left, err := os.ReadDir(o.TempDir)
			require.NoError(t, err)
			require.Empty(t, left)
		})
	}
}

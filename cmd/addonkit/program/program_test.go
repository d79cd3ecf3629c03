package program

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// call runs the program and returns what it wrote.
func call(t *testing.T, env map[string]string, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	code = Program{Args: args, Stdout: &out, Stderr: &errs, Stdin: strings.NewReader("[1, 2]"), LookupEnv: lookup(env)}.Run(t.Context())
	return code, out.String(), errs.String()
}

func lookup(env map[string]string) func(string) (string, bool) {
	return func(name string) (string, bool) {
		value, found := env[name]
		return value, found
	}
}

func TestWrongCallsNameTheRemedy(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	kubeconfig := writeKubeconfig(t)
	flags := func(more ...string) []string {
		return append([]string{"run", "--namespace", "n", "--kubeconfig", kubeconfig, "--tmp-dir", filepath.Join(dir, "tmp"), "--log-level", "error"}, more...)
	}
	for _, test := range []struct {
		name  string
		args  []string
		env   map[string]string
		wants []string
	}{
		{name: "unknown command", args: []string{"statsu"}, wants: []string{`"statsu"`, `did you mean "status"?`}},
		{name: "unknown flag", args: []string{"run", "--namspace", "n"}, wants: []string{"--namspace", "addonkit run --help"}},
		{name: "argument", args: []string{"run", "modules"}, wants: []string{`"modules"`, "takes no arguments"}},
		{name: "no namespace", args: []string{"run"}, wants: []string{"--namespace", "ADDON_OPERATOR_NAMESPACE"}},
		{name: "log level", args: flags("--log-level", "loud"), wants: []string{`"loud"`, "debug, info"}},
		{name: "log type", args: flags("--log-type", "xml"), wants: []string{`"xml"`, "json"}},
		{name: "environment", args: flags(), env: map[string]string{"HELM_HISTORY_MAX": "many"}, wants: []string{"HELM_HISTORY_MAX", `"many"`}},
		{name: "kubeconfig", args: flags("--kubeconfig", file+"-none"), wants: []string{file + "-none", "--kubeconfig"}},
		{name: "no modules", args: flags("--modules-dir", dir+"/none"), wants: []string{dir + "/none", "--modules-dir"}},
		{name: "modules are a file", args: flags("--modules-dir", dir+":"+file), wants: []string{file + " is a file", "--modules-dir"}},
		{name: "no global hooks", args: flags("--modules-dir", dir, "--global-hooks-dir", dir+"/none"), wants: []string{dir + "/none", "--global-hooks-dir"}},
		{name: "output", args: []string{"status", "-o", "xml"}, wants: []string{`"xml"`, "table or json"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			code, stdout, stderr := call(t, test.env, test.args...)
			require.Equal(t, ExitUsage, code, stderr)
			require.Empty(t, stdout)
			require.Equal(t, 1, strings.Count(stderr, "\n"), "one sentence: %s", stderr)
			for _, want := range test.wants {
				require.Contains(t, stderr, want)
			}
		})
	}
}

func TestHelpTeaches(t *testing.T) {
	code, stdout, _ := call(t, nil)
	require.Equal(t, ExitOK, code)
	require.Contains(t, stdout, "webShopEnabled")

	code, stdout, _ = call(t, nil, "run", "--help")
	require.Equal(t, ExitOK, code)
	require.Contains(t, stdout, "$ADDON_OPERATOR_MODULES_DIR")
	require.Contains(t, stdout, "status --watch")
}

func TestVersion(t *testing.T) {
	code, stdout, _ := call(t, nil, "version")
	require.Equal(t, ExitOK, code)
	require.Contains(t, stdout, "addonkit ")
}

func TestPortInUseFails(t *testing.T) {
	var s settings
	s.listenAddress = "127.0.0.1:0"
	taken, err := s.listen(t.Context(), discard)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, taken[0].Close()) })

	dir := t.TempDir()
	code, _, stderr := call(t, nil, "run", "--namespace", "n", "--kubeconfig", writeKubeconfig(t), "--tmp-dir", dir, "--modules-dir", dir,
		"--global-hooks-dir", dir, "--log-level", "error", "--listen-address", taken[0].Addr().String(), "--debug-unix-socket", "")
	require.Equal(t, ExitFailed, code)
	require.Contains(t, stderr, "--listen-address")
}

// writeKubeconfig names a cluster that nobody will ask.
func writeKubeconfig(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "kubeconfig")
	require.NoError(t, os.WriteFile(path, []byte(`{apiVersion: v1, kind: Config, current-context: c,
clusters: [{name: c, cluster: {server: "http://127.0.0.1:1"}}], users: [{name: u, user: {}}],
contexts: [{name: c, context: {cluster: c, user: u}}]}`), 0o600))
	return path
}

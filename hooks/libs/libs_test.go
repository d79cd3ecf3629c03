package libs_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/addonkit/addonkit/hooks"
	"github.com/addonkit/addonkit/hooks/hookstest"
	"github.com/addonkit/addonkit/hooks/libs"
	"github.com/addonkit/addonkit/kubeevents"
)

const config = `function __config__() {
cat <<'E'
configVersion: v1
onStartup: 1
beforeHelm: 2
schedule: [{name: tick, crontab: "@hourly"}, {name: tock, crontab: "@daily", group: g}]
kubernetes: [{name: pods, kind: Pod}]
E
}
`

func shellHook(t *testing.T, body string) hooks.Hook {
	t.Helper()
	if _, err := exec.LookPath("jq"); err != nil {
		t.Skip("there is no jq on the PATH, which the library needs")
	}
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "shell_lib.sh"), libs.Shell(), 0o600))
	text := "#!/usr/bin/env bash\nsource " + dir + "/shell_lib.sh\n" + config + body + "\nhook::run \"$@\"\n"
	require.NoError(t, os.WriteFile(filepath.Join(dir, "hook.sh"), []byte(text), 0o700))
	return hookstest.Load(t, hooks.Exec(filepath.Join(dir, "hook.sh"), hooks.ExecOptions{}), "hook.sh")
}

const record = `
calls() { echo "{\"name\":\"$1\",\"action\":\"set\",\"value\":$BINDING_CONTEXT_CURRENT_INDEX}" >>"$METRICS_PATH"; }
`

func calls(r hookstest.Result) []string {
	var names []string
	for _, m := range r.Output.Metrics {
		names = append(names, m.Name)
	}
	return names
}

func TestShellHandlers(t *testing.T) {
	h := shellHook(t, record+`
__on_startup() { calls startup; }
__on_schedule::tick() { calls tick; }
__on_group::g() { calls group; }
__on_kubernetes::pods::synchronization() { calls sync; }
__on_kubernetes::pods::added() { calls added; }
__on_kubernetes::pods::added_or_modified() { calls either; }
__on_kubernetes::pods() { calls pods; }
__main__() { calls main; }
`)
	event := func(e kubeevents.EventType) hooks.Context {
		return hooks.Context{Binding: "pods", Type: hooks.TypeEvent, Event: e, Item: &kubeevents.Item{Name: "x", Object: map[string]any{}}}
	}
	r := hookstest.Run(t, h, hookstest.Given{Fired: []hooks.Context{
		{Binding: "onStartup"},
		{Binding: "tick", Type: hooks.TypeSchedule},
		{Binding: "tock", Type: hooks.TypeSchedule},
		{Binding: "pods", Type: hooks.TypeSynchronization},
		event(kubeevents.Added), event(kubeevents.Modified), event(kubeevents.Deleted),
		{Binding: "beforeHelm"},
	}})
	require.NoError(t, r.Err)
	require.Equal(t, []string{"startup", "tick", "group", "sync", "added", "either", "pods", "main"}, calls(r))
}

func TestShellContextAndValues(t *testing.T) {
	h := shellHook(t, `
__on_kubernetes::pods() {
	[[ $(context::get object.metadata.name) == x ]]
	[[ $(context::jq -r '.object.spec.n + 1') == 3 ]]
	[[ $(context::global::jq length) == 1 ]]
	context::has object.spec && ! context::has object.status
	context::is_true object.spec.yes && context::is_false object.spec.no && context::is_null object.spec.nothing
	! context::get --required object.status 2>/dev/null
	[[ $(values::get '/module/a~1b') == slash ]]
	values::set /module/seen '{"n": 1}'
	values::unset '/module/a~1b'
	config::set /module/kept true
}`)
	item := &kubeevents.Item{Name: "x", Object: map[string]any{
		"metadata": map[string]any{"name": "x"}, "spec": map[string]any{"n": int64(2), "yes": true, "no": false},
	}}
	r := hookstest.Run(t, h, hookstest.Given{Values: "a/b: slash", Fired: []hooks.Context{
		{Binding: "pods", Type: hooks.TypeEvent, Event: kubeevents.Added, Item: item},
	}})
	require.NoError(t, r.Err)
	require.JSONEq(t, `{"seen": {"n": 1}}`, r.Values)
	require.JSONEq(t, `{"kept": true}`, r.Config)
}

func TestShellErrors(t *testing.T) {
	h := shellHook(t, `__on_startup() { false; }`)
	r := hookstest.Run(t, h, hookstest.Given{})
	require.ErrorContains(t, r.Err, "exit code 1 of: false")
	require.ErrorContains(t, r.Err, "__on_startup")

	r = hookstest.Run(t, h, hookstest.Given{Fired: []hooks.Context{{Binding: "tick", Type: hooks.TypeSchedule}}})
	require.ErrorContains(t, r.Err, "no handler for the binding tick; define one of:\n  __on_schedule::tick\n  __main__")
}

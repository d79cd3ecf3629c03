package hooks_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/addonkit/addonkit/hooks"
	"github.com/addonkit/addonkit/kubeevents"
)

func TestVersion0(t *testing.T) {
	h, err := hooks.ParseConfig([]byte(`
onStartup: 3
beforeHelm: 1
schedule: [{crontab: "@hourly", allowFailure: true}]
onKubernetesEvent:
- {kind: Pod, event: [add, delete], selector: {matchLabels: {a: b}}, objectName: x, namespaceSelector: {matchNames: [shop]}}
- {name: all, kind: Node, namespaceSelector: {any: true}, allowFailure: true}
`), false)
	require.NoError(t, err)
	require.Equal(t, hooks.On{hooks.Startup: 3, hooks.BeforeHelm: 1}, h.On)
	require.Equal(t, []hooks.Schedule{{Name: "schedule", Cron: "@hourly", AllowFailure: true}}, h.Schedule)
	require.Equal(t, "onKubernetesEvent", h.Watch[0].Name)
	require.Equal(t, []string{"x"}, h.Watch[0].Query.Names)
	require.Equal(t, []string{"shop"}, h.Watch[0].Query.Namespaces)
	require.Equal(t, []kubeevents.EventType{kubeevents.Added, kubeevents.Deleted}, h.Watch[0].Events)
	require.True(t, h.Watch[0].SkipSynchronization)
	require.Nil(t, h.Watch[1].Events)
	require.True(t, h.Watch[1].AllowFailure)

	for config, want := range map[string]string{
		"a: 1": "a: unknown field",
		"{}":   "begin the document with configVersion: v1",
		"onKubernetesEvent: [{kind: Pod, event: [Added]}]": `onKubernetesEvent[0].event[0]: unknown event "Added"`,
		"onKubernetesEvent: [{kind: Pod}, {kind: Node}]":   "onKubernetesEvent[1].name: ",
		"schedule: [{crontab: '@hourly', queue: other}]":   "schedule[0].queue: unknown field",
		"kubernetes: [{kind: Pod}]\nonStartup: 1":          "kubernetes: unknown field",
	} {
		_, err := hooks.ParseConfig([]byte(config), false)
		require.ErrorContains(t, err, want, config)
	}
}

func TestVersion0RunsOncePerContext(t *testing.T) {
	path := filepath.Join(t.TempDir(), "old.sh")
	require.NoError(t, os.WriteFile(path, []byte(`#!/usr/bin/env bash
if [[ $1 == --config ]]; then echo '{"onKubernetesEvent": [{"kind": "Pod"}], "onStartup": 1}'; exit; fi
cat "$BINDING_CONTEXT_PATH"
echo '{"operation":"Delete","kind":"Pod","name":"x"}' >"$KUBERNETES_PATCH_PATH"
`), 0o700))
	h := load(t, path, hooks.ExecOptions{})
	in := input(t)
	item := kubeevents.Item{Namespace: "n", Name: "p", Object: map[string]any{"kind": "Pod"}}
	in.Contexts = []hooks.Context{
		{Binding: "onStartup"}, {Binding: "onKubernetesEvent", Type: hooks.TypeEvent, Event: kubeevents.Modified, Item: &item},
	}
	var lines []string
	in.Log = recorder(&lines)
	out, err := hooks.Call(t.Context(), h, in)
	require.NoError(t, err)
	require.Len(t, out.Changes, 2)
	require.Equal(t, []string{
		fmt.Sprintf(`"level"=0 "msg"=%q "output"="stdout"`, `[{"binding":"onStartup"}]`),
		fmt.Sprintf(`"level"=0 "msg"=%q "output"="stdout"`,
			`[{"binding":"onKubernetesEvent","resourceEvent":"update","resourceKind":"Pod","resourceName":"p","resourceNamespace":"n"}]`),
	}, lines)
}

func TestProgramsOfManyHooks(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "hooks")
	require.NoError(t, os.MkdirAll(dir, 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "batch"), []byte(`#!/usr/bin/env bash
case "$*" in
"hook config") cat <<'E'
{"version":"v1","has_settings_check":false,"hooks":[
 {"configVersion":"v1","metadata":{"name":"ports","path":"x"},"kubernetes":[
  {"name":"a","kind":"Pod","executeHookOnEvent":false,"keepFullObjectsInMemory":false,"jqFilter":".metadata.name","future":1},
  {"name":"b","kind":"Node","executeHookOnEvent":true}],"settings":{"executionMinInterval":3000000000,"executionBurst":2}},
 {"configVersion":"v1","metadata":{"name":"start"},"onStartup":7,"logLevel":"info"}]}
E
;;
"hook run 1") echo "ran $*" ;;
*) echo "unknown flag: $*" >&2; exit 1 ;;
esac
`), 0o700))
	all, err := hooks.Folder(dir, hooks.ExecOptions{}).Hooks(t.Context())
	require.NoError(t, err)
	require.Equal(t, []string{"hooks/batch:ports:0", "hooks/batch:start:1"}, names(all))
	ports := all[0]
	require.Equal(t, "main", ports.Watch[0].Group)
	require.Equal(t, []kubeevents.EventType{}, ports.Watch[0].Events)
	require.NotNil(t, ports.Watch[0].Query.Filter)
	require.Nil(t, ports.Watch[1].Events)
	require.Equal(t, "3s", ports.MinInterval.String())
	require.Equal(t, 2, ports.Burst)

	in := input(t)
	var lines []string
	in.Log = recorder(&lines)
	_, err = hooks.Call(t.Context(), all[1], in)
	require.NoError(t, err)
	require.Equal(t, []string{`"level"=0 "msg"="ran hook run 1" "output"="stdout"`}, lines)
	_, err = hooks.Call(t.Context(), ports, in)
	require.ErrorContains(t, err, "unknown flag: hook run 0")

	all, err = hooks.Folder(dir, hooks.ExecOptions{Global: true}).Hooks(t.Context())
	require.NoError(t, err)
	require.Equal(t, []string{"batch-ports-0", "batch-start-1"}, names(all))
}

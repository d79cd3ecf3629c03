package hookstest_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/addonkit/addonkit/hooks"
	"github.com/addonkit/addonkit/hooks/hookstest"
	"github.com/addonkit/addonkit/kubeevents"
	"github.com/addonkit/addonkit/kubeevents/jq"
)

// perNode sets the replicas of its module to the number of nodes.
var perNode = hooks.Hook{
	Name:  "per-node",
	Watch: []hooks.Watch{{Name: "nodes", Query: kubeevents.Query{APIVersion: "v1", Kind: "Node"}}},
	Run: func(_ context.Context, in *hooks.Input, out *hooks.Output) error {
		out.Values.Set("/replicas", in.Snapshot("nodes").Len())
		return nil
	},
}

const twoNodes = `
{apiVersion: v1, kind: Node, metadata: {name: a}}
---
{apiVersion: v1, kind: Node, metadata: {name: b}}
`

func TestGoHook(t *testing.T) {
	r := hookstest.Run(t, perNode, hookstest.Given{
		Values:  "replicas: 1\nhost: shop",
		Objects: map[string]string{"nodes": twoNodes},
	})
	require.NoError(t, r.Err)
	require.JSONEq(t, `{"host": "shop", "replicas": 2}`, r.Values)
	require.JSONEq(t, `{}`, r.Config)
}

func TestExecutableHookMakesTheSameOutput(t *testing.T) {
	path := filepath.Join(t.TempDir(), "per-node.sh")
	require.NoError(t, os.WriteFile(path, []byte(`#!/usr/bin/env bash
if [[ $1 == --config ]]; then
  echo '{configVersion: v1, kubernetes: [{name: nodes, kind: Node, jqFilter: .metadata.name, keepFullObjectsInMemory: false, group: g}]}'
  exit
fi
count=$(grep -o filterResult "$BINDING_CONTEXT_PATH" | wc -l)
echo '{"op":"add","path":"/module/replicas","value":'$count'}' >"$VALUES_JSON_PATCH_PATH"
echo '{"op":"add","path":"/module/seen","value":'$count'}' >"$CONFIG_VALUES_JSON_PATCH_PATH"
`), 0o700))
	h := hookstest.Load(t, hooks.Exec(path, hooks.ExecOptions{}), "per-node.sh")
	r := hookstest.Run(t, h, hookstest.Given{
		Values: "replicas: 1", Config: "kept: true",
		Objects: map[string]string{"nodes": twoNodes},
	})
	require.NoError(t, r.Err)
	require.JSONEq(t, `{"replicas": 2}`, r.Values)
	require.JSONEq(t, `{"kept": true, "seen": 2}`, r.Config)
}

func TestFiltersAndEvents(t *testing.T) {
	ports, err := jq.Compile(".spec.port")
	require.NoError(t, err)
	var told []hooks.Context
	h := hooks.Hook{
		Name:  "ports",
		Watch: []hooks.Watch{{Name: "services", Query: kubeevents.Query{Kind: "Service", Filter: ports}, Include: []string{"services"}}},
		Run: func(_ context.Context, in *hooks.Input, _ *hooks.Output) error {
			told = in.Contexts
			return nil
		},
	}
	r := hookstest.Run(t, h, hookstest.Given{
		Objects: map[string]string{"services": "{kind: Service, metadata: {name: a, namespace: x}, spec: {port: 80}}"},
		Fired:   []hooks.Context{{Binding: "services", Type: hooks.TypeEvent, Event: kubeevents.Deleted, Item: &kubeevents.Item{Name: "b"}}},
	})
	require.NoError(t, r.Err)
	require.Len(t, told, 1)
	require.Equal(t, kubeevents.Item{Namespace: "x", Name: "a", Result: int64(80), HasResult: true}, told[0].Snapshots["services"].At(0))
}

func TestAPatchThatCannotBeAppliedIsTheErrorOfTheRun(t *testing.T) {
	h := hooks.Hook{Name: "h", On: hooks.On{hooks.Startup: 1}, Run: func(_ context.Context, _ *hooks.Input, out *hooks.Output) error {
		out.Values.Remove("/absent")
		return nil
	}}
	r := hookstest.Run(t, h, hookstest.Given{Values: "a: 1"})
	require.ErrorContains(t, r.Err, "/module/absent")
}

func TestGlobalHook(t *testing.T) {
	h := hooks.Hook{Name: "g", On: hooks.On{hooks.BeforeAll: 1}, Run: func(_ context.Context, in *hooks.Input, out *hooks.Output) error {
		out.Values.Set("/seen", in.Values.Exists("/region"))
		out.Enable("web-shop", false)
		return nil
	}}
	r := hookstest.Run(t, h, hookstest.Given{IsGlobal: true, Global: "region: north"})
	require.NoError(t, r.Err)
	require.JSONEq(t, `{"region": "north", "seen": true}`, r.Values)
}

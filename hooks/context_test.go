package hooks_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/addonkit/addonkit/hooks"
	"github.com/addonkit/addonkit/kubeevents"
)

func TestContextJSON(t *testing.T) {
	pod := map[string]any{"kind": "Pod"}
	full := kubeevents.Item{Namespace: "a", Name: "b", Object: pod}
	filtered := kubeevents.Item{Namespace: "a", Name: "b", Result: map[string]any{"n": "api"}, HasResult: true}
	null := kubeevents.Item{Object: pod, HasResult: true}
	for want, c := range map[string]hooks.Context{
		`{"binding":"onStartup"}`:                               {Binding: "onStartup"},
		`{"binding":"beforeHelm","snapshots":{"x":[]}}`:         {Binding: "beforeHelm", Snapshots: hooks.Snapshots{"x": {}}},
		`{"binding":"tick","type":"Schedule"}`:                  {Binding: "tick", Type: hooks.TypeSchedule},
		`{"binding":"tick","type":"Schedule","snapshots":{}}`:   {Binding: "tick", Type: hooks.TypeSchedule, Snapshots: hooks.Snapshots{}},
		`{"binding":"p","type":"Synchronization","objects":[]}`: {Binding: "p", Type: hooks.TypeSynchronization},
		`{"binding":"p","type":"Synchronization","objects":[{"object":{"kind":"Pod"}}]}`: {
			Binding: "p", Type: hooks.TypeSynchronization, Objects: kubeevents.NewSnapshot(full),
		},
		`{"binding":"p","type":"Event","watchEvent":"Modified","object":{"kind":"Pod"},"filterResult":null}`: {
			Binding: "p", Type: hooks.TypeEvent, Event: kubeevents.Modified, Item: &null,
		},
		`{"binding":"p","type":"Event","watchEvent":"Deleted","filterResult":{"n":"api"}}`: {
			Binding: "p", Type: hooks.TypeEvent, Event: kubeevents.Deleted, Item: &filtered,
		},
		`{"binding":"p","type":"Group","groupName":"g","snapshots":{"p":[{"filterResult":{"n":"api"}}]}}`: {
			Binding: "p", Type: hooks.TypeGroup, Group: "g", Snapshots: hooks.Snapshots{"p": kubeevents.NewSnapshot(filtered)},
		},
	} {
		got, err := json.Marshal(c)
		require.NoError(t, err)
		require.JSONEq(t, want, string(got))
	}
}

func TestContextsAreToldWithGroupsAndSnapshots(t *testing.T) {
	h := hooks.Hook{
		On: hooks.On{hooks.BeforeHelm: 1},
		Watch: []hooks.Watch{
			{Name: "pods", Group: "g", Include: []string{"nodes"}},
			{Name: "jobs", Group: "g"},
			{Name: "nodes"},
		},
		Schedule: []hooks.Schedule{{Name: "tick", Include: []string{"jobs"}}, {Name: "tock", Group: "g"}, {Name: "bare"}},
	}
	item := kubeevents.Item{Name: "old"}
	now := hooks.Snapshots{"nodes": kubeevents.NewSnapshot(kubeevents.Item{Name: "n1"}), "pods": {}, "jobs": {}}
	shape := func(c hooks.Context) string {
		s := string(c.Type) + ":" + c.Binding + ":" + c.Group + ":"
		for _, name := range []string{"jobs", "nodes", "pods"} {
			if _, ok := c.Snapshots[name]; ok {
				s += " " + name
			}
		}
		return s
	}
	fired := []hooks.Context{
		{Binding: "onStartup"},
		{Binding: "beforeHelm"},
		{Binding: "pods", Type: hooks.TypeSynchronization},
		{Binding: "jobs", Type: hooks.TypeEvent, Event: kubeevents.Added, Item: &item},
		{Binding: "nodes", Type: hooks.TypeSynchronization},
		{Binding: "tock", Type: hooks.TypeSchedule},
		{Binding: "pods", Type: hooks.TypeEvent, Event: kubeevents.Deleted, Item: &item},
		{Binding: "nodes", Type: hooks.TypeEvent, Event: kubeevents.Deleted, Item: &item},
		{Binding: "tick", Type: hooks.TypeSchedule},
		{Binding: "bare", Type: hooks.TypeSchedule},
	}
	told := h.Contexts(fired, now)
	var got []string
	for _, c := range told {
		got = append(got, shape(c))
	}
	require.Equal(t, []string{
		":onStartup::", ":beforeHelm:: jobs nodes pods", "Group:jobs:g: jobs pods", "Synchronization:nodes::",
		"Group:pods:g: jobs nodes pods", "Event:nodes::", "Schedule:tick:: jobs", "Schedule:bare::",
	}, got)
	require.Equal(t, 1, told[3].Objects.Len())
	require.Nil(t, told[7].Snapshots)
	require.Equal(t, hooks.TypeSynchronization, fired[2].Type, "what fired stays as it was")

	later := h.Contexts(told, hooks.Snapshots{})
	require.Equal(t, 0, later[3].Objects.Len())
	require.Len(t, later, len(told))
	require.Equal(t, shape(told[4]), shape(later[4]))
}

func TestCombine(t *testing.T) {
	g := func(binding, group string) hooks.Context {
		return hooks.Context{Binding: binding, Type: hooks.TypeGroup, Group: group}
	}
	x := hooks.Context{Binding: "x", Type: hooks.TypeSchedule}
	for _, c := range []struct{ in, want []hooks.Context }{
		{nil, nil},
		{[]hooks.Context{x, x}, []hooks.Context{x, x}},
		{[]hooks.Context{g("a", "1"), g("b", "1"), x, g("c", "1")}, []hooks.Context{g("b", "1"), x, g("c", "1")}},
		{[]hooks.Context{g("a", "1"), g("b", "2"), g("c", "2")}, []hooks.Context{g("a", "1"), g("c", "2")}},
	} {
		require.Equal(t, c.want, hooks.Combine(c.in))
	}
}

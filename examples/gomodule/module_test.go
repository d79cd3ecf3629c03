package nodescale_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	nodescale "github.com/addonkit/addonkit/examples/gomodule"
	"github.com/addonkit/addonkit/helmclient"
	"github.com/addonkit/addonkit/hooks/hookstest"
)

func TestReplicasFollowNodes(t *testing.T) {
	const (
		two = `{metadata: {name: a}}
---
{metadata: {name: b}}`
		twoAndCordoned = two + `
---
{metadata: {name: c}, spec: {unschedulable: true}}`
	)
	for _, test := range []struct {
		name, nodes, values, want string
	}{
		{name: "one each", nodes: two, values: "{nodesPerReplica: 1, internal: {}}", want: `{"nodesPerReplica": 1, "internal": {"replicas": 2}}`},
		{name: "rounded up", nodes: two, values: "{nodesPerReplica: 3, internal: {}}", want: `{"nodesPerReplica": 3, "internal": {"replicas": 1}}`},
		{name: "cordoned ones do not count", nodes: twoAndCordoned, values: "{nodesPerReplica: 1, internal: {}}", want: `{"nodesPerReplica": 1, "internal": {"replicas": 2}}`},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := hookstest.Run(t, nodescale.Replicas(), hookstest.Given{
				Module: "node-scale", Values: test.values, Objects: map[string]string{"nodes": test.nodes},
			})
			require.NoError(t, r.Err)
			require.JSONEq(t, test.want, r.Values)
		})
	}
}

func TestChart(t *testing.T) {
	chart, err := helmclient.Load(nodescale.Module().Chart, helmclient.LoadOptions{})
	require.NoError(t, err)
	rendering, err := helmclient.Template(t.Context(), helmclient.Request{Name: "node-scale", Namespace: "addons", Chart: chart,
		Values: map[string]any{"nodeScale": map[string]any{"image": "i:1", "internal": map[string]any{"replicas": 3}}},
	}, helmclient.TemplateOptions{})
	require.NoError(t, err)
	require.Contains(t, rendering.Manifest, "replicas: 3")
}

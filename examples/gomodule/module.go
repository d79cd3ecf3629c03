// Package nodescale is a module written in Go: its chart is compiled into the
// program, its hook is a function. It runs one replica for every
// nodesPerReplica nodes that take pods.
package nodescale

import (
	"context"
	"embed"

	corev1 "k8s.io/api/core/v1"

	"github.com/addonkit/addonkit/addon"
	"github.com/addonkit/addonkit/hooks"
	"github.com/addonkit/addonkit/kubeevents"
	"github.com/addonkit/addonkit/values"
)

//go:embed Chart.yaml templates
var chart embed.FS

//go:embed config-values.yaml
var configSchema []byte

//go:embed values.yaml
var schema []byte

// Module is node-scale, for addon.Options.Modules.
func Module() addon.Module {
	return addon.Module{
		Name:  "node-scale",
		Order: 80,
		Chart: chart,
		Values: values.Spec{
			ConfigSchema: values.File{Name: "config-values.yaml", Data: configSchema},
			Schema:       values.File{Name: "values.yaml", Data: schema},
		},
		Hooks: hooks.Static(Replicas()),
	}
}

// Replicas is the hook that counts. It runs when a node comes, goes or is
// cordoned, and before each look at the release, for the user may have changed
// nodesPerReplica.
func Replicas() hooks.Hook {
	return hooks.Hook{
		Name: "replicas",
		On:   hooks.On{hooks.BeforeHelm: 10},
		Watch: []hooks.Watch{{
			Name:  "nodes",
			Query: kubeevents.Query{APIVersion: "v1", Kind: "Node", Filter: kubeevents.Pick(takesPods)},
		}},
		Run: countReplicas,
	}
}

// takesPods is all that is kept of a node: its heartbeats run no hook.
func takesPods(node *corev1.Node) (bool, error) { return !node.Spec.Unschedulable, nil }

func countReplicas(_ context.Context, in *hooks.Input, out *hooks.Output) error {
	nodes := 0
	for takesPods, err := range kubeevents.Results[bool](in.Snapshot("nodes")) {
		if err != nil {
			return err
		}
		if takesPods {
			nodes++
		}
	}
	perReplica, err := values.Get[int](in.Values, "/nodesPerReplica")
	if err != nil {
		return err
	}
	out.Values.Set("/internal/replicas", (nodes+perReplica-1)/perReplica)
	return nil
}

// Package stranger is somebody else's operator: it knows addonkit by its public
// packages only, and shows that a module can be tested whole with client-go's
// fakes, in no time, without a cluster.
package stranger

import (
	"context"
	"testing/fstest"

	"github.com/addonkit/addonkit/addon"
	"github.com/addonkit/addonkit/hooks"
	"github.com/addonkit/addonkit/kubeevents"
)

// Shop is a module that users switch on, with a front end on every node.
func Shop() addon.Module {
	return addon.Module{
		Name:         "web-shop",
		OffByDefault: true,
		Chart:        fstest.MapFS{"templates/front.yaml": {Data: []byte(front)}},
		Hooks:        hooks.Static(perNode),
	}
}

var perNode = hooks.Hook{
	Name:  "per-node",
	Watch: []hooks.Watch{{Name: "nodes", Query: kubeevents.Query{APIVersion: "v1", Kind: "Node"}}},
	Run: func(_ context.Context, in *hooks.Input, out *hooks.Output) error {
		out.Values.Set("/replicas", in.Snapshot("nodes").Len())
		return nil
	},
}

const front = `
apiVersion: apps/v1
kind: Deployment
metadata:
  name: front
spec:
  replicas: {{ .Values.webShop.replicas }}
  selector: {matchLabels: {app: front}}
  template:
    metadata:
      labels: {app: front}
    spec:
      containers: [{name: front, image: {{ .Values.webShop.image | default "front:1" }}}]
`

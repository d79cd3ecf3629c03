// Hello runs as many replicas of a chart as the cluster has nodes.
package main

import (
	"context"
	"log"
	"os"
	"os/signal"

	"k8s.io/client-go/tools/clientcmd"

	"github.com/addonkit/addonkit/addon"
	"github.com/addonkit/addonkit/hooks"
	"github.com/addonkit/addonkit/kubeevents"
)

func main() {
	ctx, _ := signal.NotifyContext(context.Background(), os.Interrupt)
	cfg, err := clientcmd.BuildConfigFromFlags("", os.Getenv("KUBECONFIG"))
	if err != nil {
		log.Fatal(err)
	}
	op, err := addon.New(addon.Options{REST: cfg, Namespace: "default", Modules: []addon.Module{{
		Name: "hello", Chart: addon.Dir("charts/hello"), Hooks: hooks.Static(perNode),
	}}})
	if err != nil {
		log.Fatal(err)
	}
	log.Println("ended, error:", op.Run(ctx))
}

var perNode = hooks.Hook{
	Name:  "per-node",
	Watch: []hooks.Watch{{Name: "nodes", Query: kubeevents.Query{APIVersion: "v1", Kind: "Node"}}},
	Run: func(_ context.Context, in *hooks.Input, out *hooks.Output) error {
		out.Values.Set("/replicas", in.Snapshot("nodes").Len())
		return nil
	},
}

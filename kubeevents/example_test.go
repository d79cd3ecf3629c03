package kubeevents_test

import (
	"context"
	"fmt"

	"github.com/addonkit/addonkit/kubeevents"
	"github.com/addonkit/addonkit/kubeevents/jq"
	"github.com/addonkit/addonkit/kubeevents/kubeeventstest"
)

// An owner acts on a snapshot first and hears of what has happened since, then of what happens.
func Example() {
	cluster := kubeeventstest.NewCluster(kubeeventstest.Nodes())
	node := func(name, zone string) string {
		return fmt.Sprintf("{apiVersion: v1, kind: Node, metadata: {name: %s, labels: {zone: %s}}}", name, zone)
	}
	cluster.Apply(node("n1", "a"), node("n2", "b"))

	ctx, cancel := context.WithCancel(context.Background())
	watcher := kubeevents.New(kubeevents.Options{Clients: cluster.Clients()})
	ended := make(chan error)
	go func() { ended <- watcher.Run(ctx) }()

	zone, err := jq.Compile(".metadata.labels.zone")
	if err != nil {
		fmt.Println(err)
	}
	events := make(chan kubeevents.Event)
	nodes, err := watcher.Subscribe(kubeevents.Query{Kind: "node", Filter: zone}, func(e kubeevents.Event) { events <- e })
	if err != nil {
		fmt.Println(err)
	}
	if err := nodes.Wait(ctx); err != nil {
		fmt.Println(err)
	}
	snapshot := nodes.Snapshot()
	for item := range snapshot.All() {
		fmt.Println(item.Name, item.Result)
	}

	cluster.Apply(node("n2", "c")) // while the owner acts on the snapshot
	nodes.Deliver(snapshot)
	e := <-events
	fmt.Println(e.Type, e.Name, e.Result)

	cancel()
	fmt.Println(<-ended)
	// Output:
	// n1 a
	// n2 b
	// Modified n2 c
	// <nil>
}

// Typed projections keep Go values; a type with only the fields of interest makes them cheap.
func ExamplePick() {
	type pod struct {
		Spec struct {
			NodeName string `json:"nodeName"`
		} `json:"spec"`
	}
	query := kubeevents.Query{Kind: "Pod", Filter: kubeevents.Pick(func(p *pod) (string, error) { return p.Spec.NodeName, nil })}

	// What a hook gets, made by hand as in a test.
	snapshot := kubeevents.NewSnapshot(
		kubeevents.Item{Namespace: "default", Name: "web-1", Result: "n2", HasResult: true},
		kubeevents.Item{Namespace: "default", Name: "web-0", Result: "n1", HasResult: true},
	)
	for node, err := range kubeevents.Results[string](snapshot) {
		fmt.Println(query.Kind, node, err)
	}
	// Output:
	// Pod n1 <nil>
	// Pod n2 <nil>
}

package queue_test

import (
	"context"
	"fmt"

	"github.com/addonkit/addonkit/queue"
)

func ExampleMemory() {
	ctx, cancel := context.WithCancel(context.Background())
	m := queue.NewMemory(queue.Options{})
	_ = m.Add(queue.Task{Queue: "web-shop", Key: "hook/discover", Payload: []byte("1 node")})
	_ = m.Add(queue.Task{Queue: "web-shop", Key: "release", Cause: "start"})
	_ = m.Add(queue.Task{Queue: "web-shop", Key: "hook/discover", Payload: []byte("2 nodes")})
	_ = m.Run(ctx, func(_ context.Context, t queue.Task) error {
		fmt.Println(t.Key, string(t.Payload))
		if t.Key == "release" {
			cancel()
		}
		return nil
	})
	// Output:
	// hook/discover 2 nodes
	// release
}

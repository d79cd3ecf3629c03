package queue_test

import (
	"context"
	"strconv"
	"testing"

	"github.com/addonkit/addonkit/queue"
)

// One operation is a task added and carried out.
func BenchmarkMemory(b *testing.B) {
	for _, queues := range []int{1, 100} {
		b.Run("queues="+strconv.Itoa(queues), func(b *testing.B) {
			names := make([]string, queues)
			for i := range names {
				names[i] = "queue-" + strconv.Itoa(i)
			}
			m := queue.NewMemory(queue.Options{})
			ctx, cancel := context.WithCancel(b.Context())
			b.ReportAllocs()
			done := make(chan struct{}, 1024)
			ended := make(chan error, 1)
			go func() {
				ended <- m.Run(ctx, func(context.Context, queue.Task) error { done <- struct{}{}; return nil })
			}()
			go func() {
				for i := range b.N {
					_ = m.Add(queue.Task{Queue: names[i%queues], Key: strconv.Itoa(i)})
				}
			}()
			for range b.N {
				<-done
			}
			cancel()
			if err := <-ended; err != nil {
				b.Fatal(err)
			}
		})
	}
}

// One operation is a task of 1 KiB added behind a million that wait.
func BenchmarkMemoryBehindAMillion(b *testing.B) {
	m := queue.NewMemory(queue.Options{})
	payload := make([]byte, 1024)
	for i := range 1_000_000 {
		_ = m.Add(queue.Task{Queue: "q", Key: strconv.Itoa(i), Payload: payload})
	}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		_ = m.Add(queue.Task{Queue: "q", Key: "k" + strconv.Itoa(i), Payload: payload})
	}
}

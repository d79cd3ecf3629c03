package kubeevents_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/dynamic/dynamicinformer"
	"k8s.io/client-go/rest"

	"github.com/addonkit/addonkit/kubeevents"
	"github.com/addonkit/addonkit/kubeevents/jq"
)

var podResource = schema.GroupVersionResource{Version: "v1", Resource: "pods"}

// podServer streams that many Pods of that size to whoever watches, keeping none of them.
func podServer(tb testing.TB, pods, size int) dynamic.Interface {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		encoder := json.NewEncoder(w)
		send := func(kind string, object map[string]any) {
			_ = encoder.Encode(map[string]any{"type": kind, "object": object})
		}
		if r.URL.Query().Get("sendInitialEvents") == "true" {
			for i := range pods {
				pod := podOf(i, size)
				pod.SetResourceVersion(fmt.Sprint(i + 1))
				send("ADDED", pod.Object)
			}
			send("BOOKMARK", map[string]any{"apiVersion": "v1", "kind": "Pod", "metadata": map[string]any{
				"resourceVersion": fmt.Sprint(pods + 1), "annotations": map[string]any{"k8s.io/initial-events-end": "true"},
			}})
		}
		w.(http.Flusher).Flush()
		<-r.Context().Done()
	}))
	tb.Cleanup(server.Close)
	client, err := dynamic.NewForConfig(&rest.Config{Host: server.URL})
	require.NoError(tb, err)
	return client
}

// The same with client-go's real client on a connection: decoding, bookmarks, and an end without waiting.
func TestOverHTTP(t *testing.T) {
	const pods = 300
	client := podServer(t, pods, 1000)
	mapper := meta.NewDefaultRESTMapper(nil)
	mapper.Add(podResource.GroupVersion().WithKind("Pod"), meta.RESTScopeNamespace)
	watcher := kubeevents.New(kubeevents.Options{Clients: kubeevents.Clients{Dynamic: client, Mapper: mapper}})
	s, err := watcher.Subscribe(kubeevents.Query{Kind: "pods", Filter: kubeevents.Pick(place)}, nil)
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- watcher.Run(ctx) }()
	require.NoError(t, s.Wait(ctx))
	require.Equal(t, pods, s.Snapshot().Len())
	require.Equal(t, fmt.Sprint(pods+1), s.Snapshot().Revision())
	for result, err := range kubeevents.Results[placed](s.Snapshot()) {
		require.NoError(t, err)
		require.Equal(t, "Running", result.Phase)
	}
	cancel()
	select {
	case err := <-done:
		require.NoError(t, err)
	case <-time.After(10 * time.Second):
		t.Fatal("Run has not returned")
	}
}

func heap() uint64 {
	runtime.GC()
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return stats.HeapAlloc
}

// BenchmarkHeapPerPod prints what is held per Pod of 8 KiB once all are known, and the peak on the way in relation to
// it.
func BenchmarkHeapPerPod(b *testing.B) {
	const pods, size = 5000, 8 << 10
	program := func(i int) kubeevents.Filter {
		filter, err := jq.Compile(fmt.Sprintf("{node: .spec.nodeName, phase: .status.phase, ip: .status.podIP, n: \"%d\"}", i))
		require.NoError(b, err)
		return filter
	}
	same := program(0)
	sides := []struct {
		name     string
		informer int
		queries  []kubeevents.Query
	}{
		{name: "dynamicinformer", informer: 1},
		{name: "one-jq", queries: many(1, func(int) kubeevents.Query { return kubeevents.Query{Kind: "Pod", Filter: same} })},
		{name: "five-jq-different", queries: many(5, func(i int) kubeevents.Query { return kubeevents.Query{Kind: "Pod", Filter: program(i)} })},
		{name: "ten-jq-same", queries: many(10, func(int) kubeevents.Query { return kubeevents.Query{Kind: "Pod", Filter: program(0)} })},
		{name: "ten-typed-different", queries: many(10, func(int) kubeevents.Query { return kubeevents.Query{Kind: "Pod", Filter: kubeevents.Pick(place)} })},
		{name: "one-full", queries: many(1, func(int) kubeevents.Query { return kubeevents.Query{Kind: "Pod", Full: true} })},
	}
	for _, side := range sides {
		b.Run(side.name, func(b *testing.B) {
			client := podServer(b, pods, size)
			for b.Loop() {
				before := heap()
				peak, stopSampling := samplePeak()
				ctx, cancel := context.WithCancel(context.Background())
				began := time.Now()
				var usage func() int64
				done := make(chan struct{})
				if side.informer > 0 {
					factory := dynamicinformer.NewDynamicSharedInformerFactory(client, 0)
					informer := factory.ForResource(podResource).Informer()
					factory.Start(ctx.Done())
					factory.WaitForCacheSync(ctx.Done())
					usage = func() int64 { runtime.KeepAlive(informer); return 0 }
					close(done)
				} else {
					usage = watchPods(ctx, b, client, side.queries, done)
				}
				b.ReportMetric(float64(time.Since(began).Milliseconds()), "ms-to-sync")
				stopSampling()
				after := heap()
				held := float64(after - before)
				b.ReportMetric(held/pods, "heap-B/pod")
				b.ReportMetric(float64(peak.Load()-before)/held, "peak/steady")
				if told := usage(); told > 0 {
					b.ReportMetric(float64(told)/pods, "told-B/pod")
				}
				cancel()
				<-done
			}
		})
	}
}

func watchPods(ctx context.Context, tb testing.TB, client dynamic.Interface, queries []kubeevents.Query, done chan struct{}) func() int64 {
	mapper := meta.NewDefaultRESTMapper(nil)
	mapper.Add(podResource.GroupVersion().WithKind("Pod"), meta.RESTScopeNamespace)
	watcher := kubeevents.New(kubeevents.Options{Clients: kubeevents.Clients{Dynamic: client, Mapper: mapper}})
	var subscriptions []*kubeevents.Subscription
	for _, query := range queries {
		s, err := watcher.Subscribe(query, nil)
		require.NoError(tb, err)
		subscriptions = append(subscriptions, s)
	}
	go func() {
		defer close(done)
		_ = watcher.Run(ctx)
	}()
	for _, s := range subscriptions {
		require.NoError(tb, s.Wait(ctx))
		require.Equal(tb, 5000, s.Snapshot().Len())
	}
	return func() (sum int64) {
		for _, s := range subscriptions {
			sum += s.Usage().Bytes
		}
		return sum
	}
}

func samplePeak() (peak *atomic.Uint64, stop func()) {
	peak = &atomic.Uint64{}
	quit, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		ticker := time.NewTicker(10 * time.Millisecond)
		defer ticker.Stop()
		for {
			select {
			case <-quit:
				return
			case <-ticker.C:
				var stats runtime.MemStats
				runtime.ReadMemStats(&stats)
				peak.Store(max(peak.Load(), stats.HeapAlloc))
			}
		}
	}()
	return peak, func() { close(quit); <-done }
}

func many(n int, query func(int) kubeevents.Query) (queries []kubeevents.Query) {
	for i := range n {
		queries = append(queries, query(i))
	}
	return queries
}

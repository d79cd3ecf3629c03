package kubeevents_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/dynamic/dynamicinformer"
	"k8s.io/client-go/tools/cache"

	"github.com/addonkit/addonkit/kubeevents"
	"github.com/addonkit/addonkit/kubeevents/jq"
	"github.com/addonkit/addonkit/kubeevents/kubeeventstest"
)

// BenchmarkLatency is from a change in the cluster to the callback, beside an informer on the same client. The two
// are measured in turns; the medians are printed.
func BenchmarkLatency(b *testing.B) {
	ctx, cancel := context.WithCancel(context.Background())
	c := kubeeventstest.NewCluster(kubeeventstest.Pods())
	heard := make(chan struct{}, 1)

	factory := dynamicinformer.NewDynamicSharedInformerFactory(c.Clients().Dynamic, 0)
	informer := factory.ForResource(podResource).Informer()
	seen := make(chan struct{}, 1)
	_, err := informer.AddEventHandler(cache.ResourceEventHandlerFuncs{
		AddFunc:    func(any) { seen <- struct{}{} },
		UpdateFunc: func(any, any) { seen <- struct{}{} },
	})
	require.NoError(b, err)
	factory.Start(ctx.Done())
	factory.WaitForCacheSync(ctx.Done())

	watcher := kubeevents.New(kubeevents.Options{Clients: c.Clients()})
	ended := make(chan error, 1)
	go func() { ended <- watcher.Run(ctx) }()
	filter, err := jq.Compile("{node: .spec.nodeName, v: .metadata.annotations.v}")
	require.NoError(b, err)
	s, err := watcher.Subscribe(kubeevents.Query{Kind: "Pod", Filter: filter}, func(kubeevents.Event) { heard <- struct{}{} })
	require.NoError(b, err)
	require.NoError(b, s.Wait(ctx))
	s.Deliver(kubeevents.Snapshot{})

	var ours, theirs []time.Duration
	for i := 0; b.Loop(); i++ {
		pod := podOf(i%100, 4000)
		pod.SetAnnotations(map[string]string{"v": fmt.Sprint(i)})
		began := time.Now()
		c.Put(pod.Object)
		var own, other time.Duration
		for own == 0 || other == 0 {
			select {
			case <-heard:
				own = time.Since(began)
			case <-seen:
				other = time.Since(began)
			}
		}
		ours, theirs = append(ours, own), append(theirs, other)
	}
	b.ReportMetric(float64(median(ours).Nanoseconds()), "ours-ns")
	b.ReportMetric(float64(median(theirs).Nanoseconds()), "informer-ns")
	cancel()
	<-ended
	factory.Shutdown()
}

func median(d []time.Duration) time.Duration {
	slices.Sort(d)
	return d[len(d)/2]
}

// BenchmarkSnapshotAfterChange takes a snapshot of 10,000 objects after each change of one.
func BenchmarkSnapshotAfterChange(b *testing.B) {
	c := kubeeventstest.NewCluster(kubeeventstest.Pods())
	const pods = 10_000
	for i := range pods {
		c.Put(podOf(i, 500).Object)
	}
	ctx, cancel := context.WithCancel(context.Background())
	watcher := kubeevents.New(kubeevents.Options{Clients: c.Clients()})
	ended := make(chan error, 1)
	go func() { ended <- watcher.Run(ctx) }()
	s, err := watcher.Subscribe(kubeevents.Query{Kind: "Pod", Filter: kubeevents.FilterFunc(func(o *unstructured.Unstructured) (any, error) {
		return o.GetAnnotations()["v"], nil
	})}, nil)
	require.NoError(b, err)
	require.NoError(b, s.Wait(ctx))
	s.Snapshot()
	var spent time.Duration
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		pod := podOf(i%pods, 500)
		pod.SetAnnotations(map[string]string{"v": fmt.Sprint(i)})
		c.Put(pod.Object)
		require.NoError(b, s.Reach(ctx, pod.GetNamespace(), fmt.Sprint(pods+2+i)))
		began := time.Now()
		require.Equal(b, pods, s.Snapshot().Len())
		spent += time.Since(began)
	}
	b.ReportMetric(float64(spent.Nanoseconds())/float64(b.N), "snapshot-ns")
	cancel()
	<-ended
}

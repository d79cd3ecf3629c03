package kubeevents_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/addonkit/addonkit/kubeevents"
	"github.com/addonkit/addonkit/kubeevents/jq"
	"github.com/addonkit/addonkit/kubeevents/kubeeventstest"
)

func settings(name, value string) string {
	return fmt.Sprintf("{apiVersion: v1, kind: ConfigMap, metadata: {namespace: a, name: %s}, data: {value: %q}}", name, value)
}

func subscribe(t *testing.T, w *kubeevents.Watcher, q kubeevents.Query, l *log) *kubeevents.Subscription {
	s, err := w.Subscribe(q, l.add)
	require.NoError(t, err)
	return s
}

func TestMetadataSufficesForWhoWantsNoMore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := kubeeventstest.NewCluster(kubeeventstest.ConfigMaps())
		c.Apply(settings("one", "a"))
		w := kubeeventstest.Start(t, c)
		l := &log{}
		modest := subscribe(t, w, kubeevents.Query{Kind: "ConfigMap"}, l)
		require.NoError(t, modest.Wait(t.Context()))
		modest.Deliver(modest.Snapshot())
		whole := kubeeventstest.Request{Verb: "watch", Resource: "configmaps"}
		partial := whole
		partial.Metadata = true
		require.Equal(t, 0, c.Requests(whole))
		require.Equal(t, 1, c.Requests(partial))
		require.True(t, w.Streams()[0].Metadata)

		// One stream is enough for both, and moving is no event.
		full := subscribe(t, w, kubeevents.Query{Kind: "ConfigMap", Full: true}, &log{})
		require.NoError(t, full.Wait(t.Context()))
		require.NoError(t, modest.Wait(t.Context()))
		require.Empty(t, l.take())
		c.Apply(settings("one", "b"))
		require.Equal(t, []string{"Modified a/one"}, l.take())
		require.Len(t, w.Streams(), 1)
		require.Equal(t, 2, w.Streams()[0].Subscriptions)
		require.False(t, w.Streams()[0].Metadata)
		c.Delete(kubeeventstest.ConfigMaps(), "a", "one")
		require.Equal(t, []string{"Deleted a/one"}, l.take())
	})
}

func TestAuditHealsLostEvents(t *testing.T) {
	for name, lose := range map[string]func(*kubeeventstest.Cluster){
		"delete": func(c *kubeeventstest.Cluster) { c.Delete(kubeeventstest.ConfigMaps(), "a", "one") },
		"change": func(c *kubeeventstest.Cluster) { c.Apply(settings("one", "b")) },
		"add":    func(c *kubeeventstest.Cluster) { c.Apply(settings("two", "b")) },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := kubeeventstest.NewCluster(kubeeventstest.ConfigMaps())
				c.Apply(settings("one", "a"))
				w := kubeeventstest.Start(t, c)
				filter, err := jq.Compile(".data.value")
				require.NoError(t, err)
				l := &log{}
				s := subscribe(t, w, kubeevents.Query{Kind: "ConfigMap", Filter: filter}, l)
				require.NoError(t, s.Wait(t.Context()))
				s.Deliver(s.Snapshot())
				time.Sleep(30 * time.Minute)
				c.Lose(true)
				lose(c)
				c.Lose(false)
				require.Empty(t, l.take())
				time.Sleep(time.Hour)
				require.Len(t, l.take(), 1)
				require.Len(t, names(s.Snapshot()), len(c.Objects(kubeeventstest.ConfigMaps())))
				require.EqualValues(t, 1, w.Streams()[0].Healed)
			})
		})
	}
}

func TestQuietHoursCostOneMetadataListEach(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := kubeeventstest.NewCluster(kubeeventstest.ConfigMaps())
		c.Apply(settings("one", "a"))
		w := kubeeventstest.Start(t, c)
		s := subscribe(t, w, kubeevents.Query{Kind: "ConfigMap", Full: true}, &log{})
		require.NoError(t, s.Wait(t.Context()))
		time.Sleep(24*time.Hour + time.Minute)
		audits := c.Requests(kubeeventstest.Request{Verb: "list", Resource: "configmaps", Metadata: true})
		require.InDelta(t, 24, audits, 4)
		require.Zero(t, c.Requests(kubeeventstest.Request{Verb: "list", Resource: "configmaps"}))
		require.Equal(t, 1, c.Requests(kubeeventstest.Request{Verb: "discover"}))
		require.Zero(t, w.Streams()[0].Healed)
		require.EqualValues(t, audits, w.Streams()[0].Audits)
	})
}

func TestReach(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := kubeeventstest.NewCluster(kubeeventstest.ConfigMaps())
		w := kubeeventstest.Start(t, c)
		s := subscribe(t, w, kubeevents.Query{Kind: "ConfigMap", Namespaces: []string{"a", "b"}}, &log{})
		require.NoError(t, s.Wait(t.Context()))
		require.NoError(t, s.Reach(t.Context(), "a", ""))
		refuse := kubeeventstest.Request{Verb: "watch", Resource: "*"}
		c.Refuse(refuse, errors.New("away"))
		c.Disconnect()
		c.Apply(settings("one", "a"))
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		require.ErrorIs(t, s.Reach(ctx, "a", "2"), context.DeadlineExceeded)
		c.Refuse(refuse, nil)
		require.NoError(t, s.Reach(t.Context(), "a", "2"))
		require.Equal(t, []string{"a/one"}, names(s.Snapshot()))
	})
}

func TestStreamStatus(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := kubeeventstest.NewCluster(kubeeventstest.ConfigMaps(), kubeeventstest.Nodes())
		c.Apply(settings("one", "a"), settings("two", "a"))
		w := kubeeventstest.Start(t, c)
		one := subscribe(t, w, kubeevents.Query{Kind: "ConfigMap", Names: []string{"one"}, Full: true}, &log{})
		all := subscribe(t, w, kubeevents.Query{Kind: "ConfigMap", Full: true}, &log{})
		require.NoError(t, one.Wait(t.Context()))
		require.NoError(t, all.Wait(t.Context()))
		streams := w.Streams()
		require.Len(t, streams, 2)
		require.Equal(t, "metadata.name=one", streams[1].Fields)
		require.Equal(t, []int{2, 1}, []int{streams[0].Objects, streams[1].Objects})
		require.EqualValues(t, []int64{2, 1, 0}, []int64{streams[0].Events, streams[0].Watches, streams[0].Lists})
		require.Equal(t, "3", streams[0].Revision)
		require.Equal(t, time.Now(), streams[0].Current)

		c.Refuse(kubeeventstest.Request{Verb: "watch", Resource: "configmaps"}, apierrors.NewServiceUnavailable("no"))
		c.Disconnect()
		broken := time.Now()
		time.Sleep(time.Minute)
		streams = w.Streams()
		require.Equal(t, broken, streams[0].Current)
		require.Error(t, streams[0].Err)
		require.Equal(t, time.Minute, all.Snapshot().Age())
	})
}

func TestSilentConnectionIsReplaced(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := kubeeventstest.NewCluster(kubeeventstest.ConfigMaps())
		w := kubeeventstest.Start(t, c)
		l := &log{}
		s := subscribe(t, w, kubeevents.Query{Kind: "ConfigMap"}, l)
		require.NoError(t, s.Wait(t.Context()))
		s.Deliver(s.Snapshot())
		c.Freeze()
		c.Apply(settings("one", "a"))
		require.Empty(t, l.take())
		time.Sleep(4 * time.Minute)
		require.Equal(t, []string{"Added a/one"}, l.take())
	})
}

func TestWithdrawnKindIsPendingAndItsObjectsAreGone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		widget := kubeeventstest.Kind{APIVersion: "example.com/v1", Kind: "Widget", Plural: "widgets"}
		c := kubeeventstest.NewCluster(kubeeventstest.ConfigMaps(), widget)
		object := "{apiVersion: example.com/v1, kind: Widget, metadata: {namespace: a, name: one}}"
		c.Apply(object)
		w := kubeeventstest.Start(t, c)
		l := &log{}
		s := subscribe(t, w, kubeevents.Query{Kind: "widget", Full: true}, l)
		require.NoError(t, s.Wait(t.Context()))
		s.Deliver(s.Snapshot())
		c.Withdraw(widget)
		time.Sleep(5 * time.Second)
		require.Equal(t, kubeevents.Pending, s.State().Phase)
		require.Equal(t, []string{"Deleted a/one"}, l.take())
		require.Empty(t, w.Streams())

		widget.APIVersion = "example.com/v2"
		c.Serve(widget)
		c.Apply("{apiVersion: example.com/v2, kind: Widget, metadata: {namespace: a, name: one}}")
		time.Sleep(time.Minute)
		require.NoError(t, s.Wait(t.Context()))
		require.Equal(t, []string{"Added a/one"}, l.take())
	})
}

func TestBurstDeliversEveryLastState(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const objects, updates = 100, 10_000
		c := kubeeventstest.NewCluster(kubeeventstest.ConfigMaps())
		w := kubeeventstest.Start(t, c)
		filter, err := jq.Compile(".data.value")
		require.NoError(t, err)
		last := map[string]any{}
		calls := 0
		s, err := w.Subscribe(kubeevents.Query{Kind: "ConfigMap", Filter: filter}, func(e kubeevents.Event) {
			calls++
			last[e.Name] = e.Result
			time.Sleep(time.Millisecond) // slower than the cluster
		})
		require.NoError(t, err)
		require.NoError(t, s.Wait(t.Context()))
		s.Deliver(s.Snapshot())
		want := map[string]any{}
		for i := range updates {
			name, value := fmt.Sprint("o", i%objects), fmt.Sprint(i)
			c.Put(map[string]any{"apiVersion": "v1", "kind": "ConfigMap", "metadata": map[string]any{"namespace": "a", "name": name}, "data": map[string]any{"value": value}})
			want[name] = value
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		require.Equal(t, want, last)
		require.LessOrEqual(t, calls, updates)
		t.Logf("%d callbacks for %d updates of %d objects", calls, updates, objects)
	})
}

func TestTogetherIsOneMoment(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := kubeeventstest.NewCluster(kubeeventstest.ConfigMaps())
		w := kubeeventstest.Start(t, c)
		filter, err := jq.Compile(".data.value")
		require.NoError(t, err)
		one := subscribe(t, w, kubeevents.Query{Kind: "ConfigMap", Full: true}, &log{})
		two := subscribe(t, w, kubeevents.Query{Kind: "ConfigMap", Filter: filter}, &log{})
		require.NoError(t, one.Wait(t.Context()))
		require.NoError(t, two.Wait(t.Context()))
		go func() {
			for i := range 1000 {
				c.Put(map[string]any{"apiVersion": "v1", "kind": "ConfigMap", "metadata": map[string]any{"namespace": "a", "name": "o"}, "data": map[string]any{"value": fmt.Sprint(i)}})
			}
		}()
		for range 1000 {
			both := w.Together(one, two)
			require.Equal(t, both[0].Len(), both[1].Len())
			if both[0].Len() > 0 {
				require.Equal(t, both[0].At(0).Object["data"].(map[string]any)["value"], both[1].At(0).Result)
			}
		}
	})
}

func TestManySubscriptionsComeAndGo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := kubeeventstest.NewCluster(kubeeventstest.ConfigMaps())
		for i := range 20 {
			c.Apply(settings(fmt.Sprint("o", i), "v"))
		}
		w := kubeeventstest.Start(t, c)
		var all []*kubeevents.Subscription
		for range 1000 {
			all = append(all, subscribe(t, w, kubeevents.Query{Kind: "ConfigMap", Full: true}, &log{}))
		}
		for _, s := range all {
			require.NoError(t, s.Wait(t.Context()))
			require.Equal(t, 20, s.Usage().Objects)
		}
		require.Len(t, w.Streams(), 1)
		require.EqualValues(t, 1, w.Streams()[0].Watches)
		for _, s := range all {
			s.Close()
			require.Zero(t, s.Usage())
		}
		synctest.Wait()
		require.Empty(t, w.Streams())
	})
}

func TestAuditGivesEventsTimeToArrive(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := kubeeventstest.NewCluster(kubeeventstest.ConfigMaps())
		c.Apply(settings("one", "a"), settings("two", "a"))
		w := kubeeventstest.Start(t, c)
		s := subscribe(t, w, kubeevents.Query{Kind: "ConfigMap", Full: true}, &log{})
		require.NoError(t, s.Wait(t.Context()))
		c.Lose(true)
		c.Apply(settings("one", "b"))
		c.Delete(kubeeventstest.ConfigMaps(), "a", "two")
		c.Lose(false)
		for w.Streams()[0].Audits == 0 {
			time.Sleep(10 * time.Second)
		}
		c.Apply(settings("one", "c"), settings("two", "c"))
		time.Sleep(10 * time.Minute)
		require.Zero(t, w.Streams()[0].Healed)
	})
}

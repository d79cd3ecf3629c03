package kubeevents_test

import (
	"errors"
	"fmt"
	"runtime"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/watch"
	clienttesting "k8s.io/client-go/testing"

	"github.com/addonkit/addonkit/kubeevents"
	"github.com/addonkit/addonkit/kubeevents/kubeeventstest"
)

// A list that breaks off must not count as read up to the versions it had brought.
func TestTornListIsTakenAnew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := kubeeventstest.NewCluster(kubeeventstest.ConfigMaps())
		for i := range 5 {
			c.Apply(settings(fmt.Sprint("o", i), "a"))
		}
		w := kubeeventstest.Start(t, c)
		s := subscribe(t, w, kubeevents.Query{Kind: "ConfigMap", Full: true}, &log{})
		require.NoError(t, s.Wait(t.Context()))
		away := kubeeventstest.Request{Verb: "watch", Resource: "*"}
		c.Refuse(away, errors.New("away"))
		c.Disconnect()
		c.Forget()
		c.Delete(kubeeventstest.ConfigMaps(), "a", "o0")
		for i := range 4 {
			c.Apply(settings(fmt.Sprint("o", i+1), "b"))
		}
		c.Tear(2)
		c.Refuse(away, nil)
		time.Sleep(5 * time.Minute)
		require.Equal(t, []string{"a/o1", "a/o2", "a/o3", "a/o4"}, names(s.Snapshot()))
		require.Equal(t, kubeevents.Synced, s.State().Phase)
	})
}

func TestListsThatNeverEndAreReadByPages(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := kubeeventstest.NewCluster(kubeeventstest.ConfigMaps())
		for i := range 600 {
			c.Apply(settings(fmt.Sprint("o", i), "a"))
		}
		w := kubeeventstest.Start(t, c)
		s := subscribe(t, w, kubeevents.Query{Kind: "ConfigMap", Full: true}, &log{})
		for range 3 {
			c.Tear(5)
			time.Sleep(300 * time.Millisecond)
		}
		require.NoError(t, s.Wait(t.Context()))
		require.Equal(t, 600, s.Snapshot().Len())
		require.EqualValues(t, 3, w.Streams()[0].Lists, "pages")
	})
}

func TestDeliverBeforeTheFirstListWaitsForIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := kubeeventstest.NewCluster(kubeeventstest.ConfigMaps())
		c.Apply(settings("one", "a"), settings("two", "a"))
		w := kubeeventstest.Start(t, c)
		first := subscribe(t, w, kubeevents.Query{Kind: "ConfigMap", Full: true}, &log{})
		require.NoError(t, first.Wait(t.Context()))
		c.Delete(kubeeventstest.ConfigMaps(), "a", "two")
		l := &log{}
		second := subscribe(t, w, kubeevents.Query{Kind: "ConfigMap", Full: true}, l)
		second.Deliver(first.Snapshot())
		require.Zero(t, second.Snapshot().Time())
		require.NoError(t, second.Wait(t.Context()))
		synctest.Wait()
		events := l.take()
		if len(events) > 0 { // the first snapshot may or may not have had it
			require.Equal(t, []string{"Deleted a/two"}, events)
		}
	})
}

// A fake keeps no history: what happens between list and watch would be lost.
func TestFakeForgetsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := prepare(t, configMap("a", "one", nil), configMap("a", "two", nil))
		var once atomic.Bool
		c.dynamic.PrependWatchReactor("configmaps", func(clienttesting.Action) (bool, watch.Interface, error) {
			if once.CompareAndSwap(false, true) {
				require.NoError(t, c.dynamic.Tracker().Delete(configMaps, "a", "one"))
			}
			return false, nil, nil
		})
		c.run()
		s := c.subscribe(kubeevents.Query{Kind: "ConfigMap"}, &log{})
		require.NoError(t, s.Wait(t.Context()))
		require.Equal(t, []string{"a/two"}, names(s.Snapshot()))
	})
}

func TestPlainDisconnectIsNoList(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := kubeeventstest.NewCluster(kubeeventstest.ConfigMaps())
		c.Apply(settings("one", "a"))
		w := kubeeventstest.Start(t, c)
		s := subscribe(t, w, kubeevents.Query{Kind: "ConfigMap", Full: true}, &log{})
		require.NoError(t, s.Wait(t.Context()))
		for range 100 {
			c.Disconnect()
			time.Sleep(time.Millisecond)
		}
		c.Apply(settings("two", "a"))
		time.Sleep(time.Minute)
		require.Equal(t, 2, s.Snapshot().Len())
		require.EqualValues(t, 2, w.Streams()[0].Events, "each object came once")
	})
}

func TestObjectsOfAKindThatMightBeInADeadGroupStay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		widget := kubeeventstest.Kind{APIVersion: "example.com/v1", Kind: "Widget", Plural: "widgets"}
		other := kubeeventstest.Kind{APIVersion: "other.io/v1", Kind: "Other", Plural: "others"}
		c := kubeeventstest.NewCluster(widget, other)
		c.Apply("{apiVersion: example.com/v1, kind: Widget, metadata: {namespace: a, name: one}}")
		w := kubeeventstest.Start(t, c)
		s := subscribe(t, w, kubeevents.Query{Kind: "Widget", Full: true}, &log{})
		require.NoError(t, s.Wait(t.Context()))
		c.Kill("other.io/v1", errors.New("down"))
		c.Withdraw(widget)
		time.Sleep(time.Minute)
		require.Equal(t, kubeevents.Pending, s.State().Phase)
		require.Equal(t, 1, s.Snapshot().Len())
		require.Zero(t, s.Snapshot().Time(), "and are not served as fresh")
		c.Kill("other.io/v1", nil)
		time.Sleep(time.Minute)
		require.Zero(t, s.Snapshot().Len())
	})
}

func TestVersionOfAKindChanges(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v1 := kubeeventstest.Kind{APIVersion: "example.com/v1", Kind: "Widget", Plural: "widgets"}
		v2 := v1
		v2.APIVersion = "example.com/v2"
		widget := func(version, name string) string {
			return fmt.Sprintf("{apiVersion: example.com/%s, kind: Widget, metadata: {namespace: a, name: %s}}", version, name)
		}
		c := kubeeventstest.NewCluster(v1)
		c.Apply(widget("v1", "one"), widget("v1", "two"))
		w := kubeeventstest.Start(t, c)
		l := &log{}
		s := subscribe(t, w, kubeevents.Query{Kind: "Widget", Filter: kubeevents.FilterFunc(func(o *unstructured.Unstructured) (any, error) { return o.GetName(), nil })}, l)
		require.NoError(t, s.Wait(t.Context()))
		s.Deliver(s.Snapshot())
		c.Serve(v2)
		c.Apply(widget("v2", "one"), widget("v2", "three"))
		c.Withdraw(v1)
		time.Sleep(time.Minute)
		require.NoError(t, s.Wait(t.Context()))
		require.ElementsMatch(t, []string{"Added a/three", "Deleted a/two"}, l.take(), "what is the same in both is no event")
	})
}

// counting is a filter that can be told to be the same.
type counting struct{ calls *atomic.Int64 }

func (c counting) Apply(o *unstructured.Unstructured) (any, error) {
	c.calls.Add(1)
	return o.GetName(), nil
}

func TestEqualFiltersAreAppliedOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := kubeeventstest.NewCluster(kubeeventstest.ConfigMaps())
		c.Apply(settings("one", "a"), settings("two", "a"))
		w := kubeeventstest.Start(t, c)
		filter := counting{&atomic.Int64{}}
		for range 10 {
			s := subscribe(t, w, kubeevents.Query{Kind: "ConfigMap", Filter: filter}, &log{})
			defer s.Close()
		}
		synctest.Wait()
		time.Sleep(time.Second)
		require.EqualValues(t, 2, filter.calls.Load())
		late := subscribe(t, w, kubeevents.Query{Kind: "ConfigMap", Filter: filter}, &log{})
		require.NoError(t, late.Wait(t.Context()))
		require.EqualValues(t, 4, filter.calls.Load(), "only for who joined")
	})
}

// dawdling makes the moment between two subscriptions long.
type dawdling struct{}

func (dawdling) Apply(o *unstructured.Unstructured) (any, error) {
	for range 200 {
		runtime.Gosched()
	}
	return o.Object["data"].(map[string]any)["value"], nil
}

func TestTogetherWaitsForAChangeToBeEverywhere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := kubeeventstest.NewCluster(kubeeventstest.ConfigMaps())
		w := kubeeventstest.Start(t, c)
		var subscriptions []*kubeevents.Subscription
		for i := range 4 {
			q := kubeevents.Query{Kind: "ConfigMap", Full: true}
			if i > 0 {
				q.Filter = kubeevents.FilterFunc(dawdling{}.Apply)
			}
			s := subscribe(t, w, q, &log{})
			require.NoError(t, s.Wait(t.Context()))
			subscriptions = append(subscriptions, s)
		}
		done := make(chan struct{})
		go func() {
			defer close(done)
			for i := range 2000 {
				c.Put(map[string]any{"apiVersion": "v1", "kind": "ConfigMap", "metadata": map[string]any{"namespace": "a", "name": "o"}, "data": map[string]any{"value": fmt.Sprint(i)}})
				runtime.Gosched()
			}
		}()
		for running := true; running; {
			select {
			case <-done:
				running = false
			default:
			}
			values := map[any]bool{}
			for _, snapshot := range w.Together(subscriptions...) {
				for item := range snapshot.All() {
					values[item.Object["data"].(map[string]any)["value"]] = true
				}
				values[snapshot.Len()] = true
			}
			require.LessOrEqual(t, len(values), 2, "one length, one value")
		}
	})
}

func TestFailureWithinAWatchEndsItsFreshness(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := prepare(t, configMap("a", "one", nil))
		var current atomic.Pointer[watch.RaceFreeFakeWatcher]
		var broken atomic.Bool
		c.dynamic.PrependWatchReactor("configmaps", func(clienttesting.Action) (bool, watch.Interface, error) {
			if broken.Load() {
				return true, nil, errors.New("no route to host")
			}
			current.Store(watch.NewRaceFreeFake())
			return true, current.Load(), nil
		})
		c.run()
		s := c.subscribe(kubeevents.Query{Kind: "ConfigMap"}, &log{})
		require.NoError(t, s.Wait(t.Context()))
		broken.Store(true)
		oops := apierrors.NewInternalError(errors.New("oops"))
		current.Load().Action(watch.Error, &oops.ErrStatus)
		time.Sleep(time.Minute)
		require.Equal(t, time.Minute, s.Snapshot().Age())
		require.Equal(t, kubeevents.Failing, s.State().Phase)
	})
}

package kubeevents_test

import (
	"context"
	"errors"
	"net/http"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/watch"
	clienttesting "k8s.io/client-go/testing"

	"github.com/addonkit/addonkit/kubeevents"
	"github.com/addonkit/addonkit/kubeevents/jq"
)

func TestSnapshotAndEvents(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := start(t, configMap("b", "two", nil), configMap("a", "one", map[string]any{"k": "v"}))
		l := &log{}
		s := c.subscribe(kubeevents.Query{Kind: "cm", Full: true}, l)
		require.NoError(t, s.Wait(t.Context()))

		first := s.Snapshot()
		require.Equal(t, []string{"a/one", "b/two"}, names(first))
		require.Equal(t, map[string]any{"k": "v"}, first.At(0).Object["data"])
		require.False(t, first.At(0).HasResult)
		require.Empty(t, l.take(), "nobody is called before Deliver")

		c.create(configMaps, configMap("a", "three", nil))
		c.delete(configMaps, "b", "two")
		require.Empty(t, l.take())
		s.Deliver(first)
		require.Equal(t, []string{"Added a/three", "Deleted b/two"}, l.take())
		require.Equal(t, 2, first.Len(), "a snapshot never changes")

		c.update(configMaps, configMap("a", "one", map[string]any{"k": "w"}))
		require.Equal(t, []string{"Modified a/one"}, l.take())
		s.Hold()
		c.delete(configMaps, "a", "one")
		require.Empty(t, l.take())
		s.Deliver(s.Snapshot())
		require.Empty(t, l.take(), "the snapshot knows of the deletion")
	})
}

func TestUnchangedResultIsNoEvent(t *testing.T) {
	filter, err := jq.Compile(".data.k")
	require.NoError(t, err)
	synctest.Test(t, func(t *testing.T) {
		c := start(t, configMap("a", "one", map[string]any{"k": "v"}))
		l := &log{}
		s := c.subscribe(kubeevents.Query{Kind: "ConfigMap", Filter: filter}, l)
		require.NoError(t, s.Wait(t.Context()))
		s.Deliver(s.Snapshot())
		c.update(configMaps, configMap("a", "one", map[string]any{"k": "v", "other": "x"}))
		require.Empty(t, l.take())
		c.update(configMaps, configMap("a", "one", map[string]any{"k": "w"}))
		require.Equal(t, []string{"Modified a/one"}, l.take())
		item := s.Snapshot().At(0)
		require.Equal(t, "w", item.Result)
		require.True(t, item.HasResult)
		require.Nil(t, item.Object)
	})
}

func TestSelectors(t *testing.T) {
	one := func(q kubeevents.Query) kubeevents.Query { q.Kind = "configmaps"; return q }
	objects := []runtime.Object{
		namespace("a", "team", "x"), namespace("b"),
		configMap("a", "one", nil, "app", "web"), configMap("a", "two", nil), configMap("b", "one", nil), configMap("b", "three", nil, "app", "db"),
	}
	for name, test := range map[string]struct {
		query kubeevents.Query
		want  []string
	}{
		"all":              {one(kubeevents.Query{}), []string{"a/one", "a/two", "b/one", "b/three"}},
		"a name":           {one(kubeevents.Query{Names: []string{"one"}}), []string{"a/one", "b/one"}},
		"names":            {one(kubeevents.Query{Names: []string{"two", "three"}}), []string{"a/two", "b/three"}},
		"a namespace":      {one(kubeevents.Query{Namespaces: []string{"a"}}), []string{"a/one", "a/two"}},
		"namespaces":       {one(kubeevents.Query{Namespaces: []string{"b", "a", "nowhere"}}), []string{"a/one", "a/two", "b/one", "b/three"}},
		"many namespaces":  {one(kubeevents.Query{Namespaces: []string{"b", "1", "2", "3", "4", "5", "6", "7", "8"}}), []string{"b/one", "b/three"}},
		"labels":           {one(kubeevents.Query{Labels: &metav1.LabelSelector{MatchLabels: map[string]string{"app": "db"}}}), []string{"b/three"}},
		"name field":       {one(kubeevents.Query{Fields: []kubeevents.FieldTerm{{Field: "metadata.name", Operator: "Equals", Value: "one"}}}), []string{"a/one", "b/one"}},
		"not name field":   {one(kubeevents.Query{Fields: []kubeevents.FieldTerm{{Field: "metadata.name", Operator: "!=", Value: "one"}}}), []string{"a/two", "b/three"}},
		"namespace field":  {one(kubeevents.Query{Fields: []kubeevents.FieldTerm{{Field: "metadata.namespace", Value: "b"}}}), []string{"b/one", "b/three"}},
		"contradiction":    {one(kubeevents.Query{Namespaces: []string{"a"}, Fields: []kubeevents.FieldTerm{{Field: "metadata.namespace", Value: "b"}}}), []string{}},
		"namespace labels": {one(kubeevents.Query{NamespaceLabels: &metav1.LabelSelector{MatchLabels: map[string]string{"team": "x"}}}), []string{"a/one", "a/two"}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := start(t, objects...)
				s := c.subscribe(test.query, &log{})
				require.NoError(t, s.Wait(t.Context()))
				require.Equal(t, test.want, names(s.Snapshot()))
			})
		})
	}
}

func TestNamespaceLabelsAreFollowed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := start(t, namespace("a"), namespace("b", "on", "yes"), configMap("a", "one", nil), configMap("b", "two", nil))
		l := &log{}
		s := c.subscribe(kubeevents.Query{Kind: "ConfigMap", NamespaceLabels: &metav1.LabelSelector{MatchLabels: map[string]string{"on": "yes"}}}, l)
		require.NoError(t, s.Wait(t.Context()))
		s.Deliver(kubeevents.Snapshot{})
		require.Equal(t, []string{"Added b/two"}, l.take())
		c.update(namespaces, namespace("a", "on", "yes"))
		require.Equal(t, []string{"Added a/one"}, l.take())
		c.update(namespaces, namespace("b"))
		require.Equal(t, []string{"Deleted b/two"}, l.take())
		c.create(configMaps, configMap("b", "three", nil))
		require.Empty(t, l.take())
		require.Equal(t, []string{"a/one"}, names(s.Snapshot()))
		c.create(namespaces, namespace("c", "on", "yes"))
		c.create(configMaps, configMap("c", "new", nil))
		require.Equal(t, []string{"Added c/new"}, l.take())
	})
}

func TestLabelChangesAreArrivalsAndDepartures(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := start(t, configMap("a", "one", nil))
		l := &log{}
		s := c.subscribe(kubeevents.Query{Kind: "ConfigMap", Labels: &metav1.LabelSelector{MatchLabels: map[string]string{"on": "yes"}}}, l)
		s.Deliver(kubeevents.Snapshot{})
		require.NoError(t, s.Wait(t.Context()))
		require.Empty(t, l.take())
		c.update(configMaps, configMap("a", "one", nil, "on", "yes"))
		require.Equal(t, []string{"Added a/one"}, l.take())
		c.update(configMaps, configMap("a", "one", nil))
		require.Equal(t, []string{"Deleted a/one"}, l.take())
	})
}

func TestOneStreamForAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := prepare(t, configMap("a", "one", nil, "app", "web"))
		var all []*kubeevents.Subscription
		for range 100 {
			all = append(all, c.subscribe(kubeevents.Query{Kind: "ConfigMap"}, &log{}),
				c.subscribe(kubeevents.Query{APIVersion: "v1", Kind: "configmaps", Labels: &metav1.LabelSelector{MatchLabels: map[string]string{"app": "web"}}}, &log{}))
		}
		c.run()
		for _, s := range all {
			require.NoError(t, s.Wait(t.Context()))
			require.Equal(t, 1, s.Snapshot().Len())
		}
		require.Equal(t, 1, c.count("watch", "configmaps"))

		late := c.subscribe(kubeevents.Query{Kind: "ConfigMap", Full: true}, &log{})
		require.NoError(t, late.Wait(t.Context()))
		require.Equal(t, 1, late.Snapshot().Len())
		require.Equal(t, 2, c.count("watch", "configmaps"), "the stream begins anew for who joins, it is not doubled")

		for _, s := range all {
			s.Close()
		}
		require.ErrorIs(t, all[0].Wait(t.Context()), kubeevents.ErrClosed)
		l := &log{}
		late.Close()
		s := c.subscribe(kubeevents.Query{Kind: "ConfigMap"}, l)
		require.NoError(t, s.Wait(t.Context()))
	})
}

func TestLastCloseEndsTheStream(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := prepare(t)
		var open []*watch.RaceFreeFakeWatcher
		c.dynamic.PrependWatchReactor("configmaps", func(clienttesting.Action) (bool, watch.Interface, error) {
			w := watch.NewRaceFreeFake()
			open = append(open, w)
			return true, w, nil
		})
		c.run()
		first, second := c.subscribe(kubeevents.Query{Kind: "ConfigMap"}, &log{}), c.subscribe(kubeevents.Query{Kind: "ConfigMap"}, &log{})
		require.NoError(t, first.Wait(t.Context()))
		require.NoError(t, second.Wait(t.Context()))
		require.Len(t, open, 1)
		first.Close()
		synctest.Wait()
		require.False(t, open[0].IsStopped())
		second.Close()
		synctest.Wait()
		require.True(t, open[0].IsStopped())
	})
}

func TestPendingKindStartsWhenServed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := start(t, configMap("a", "one", nil))
		other := c.subscribe(kubeevents.Query{Kind: "ConfigMap"}, &log{})
		s := c.subscribe(kubeevents.Query{Kind: "Widget"}, &log{})
		var pending *kubeevents.PendingError
		require.ErrorAs(t, s.Wait(t.Context()), &pending)
		require.Equal(t, "Widget", pending.Kind)
		require.Equal(t, kubeevents.Pending, s.State().Phase)
		require.NoError(t, other.Wait(t.Context()))

		synctest.Wait() // client-go's fake reads without a lock
		c.serve("example.com/v1", metav1.APIResource{Name: "widgets", SingularName: "widget", Kind: "Widget", Namespaced: true})
		time.Sleep(5 * time.Second)
		require.NoError(t, s.Wait(t.Context()))
	})
}

func TestPendingKindIsAnnouncedByItsDefinition(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := prepare(t)
		c.serve("apiextensions.k8s.io/v1", metav1.APIResource{Name: "customresourcedefinitions", Kind: "CustomResourceDefinition"})
		c.run()
		s := c.subscribe(kubeevents.Query{Kind: "Widget"}, &log{})
		var pending *kubeevents.PendingError
		require.ErrorAs(t, s.Wait(t.Context()), &pending)

		time.Sleep(time.Hour)
		asked := len(c.discovery.Actions())
		time.Sleep(24 * time.Hour)
		require.Len(t, c.discovery.Actions(), asked, "discovery is not polled")

		synctest.Wait() // client-go's fake reads without a lock
		c.serve("example.com/v1", metav1.APIResource{Name: "widgets", SingularName: "widget", Kind: "Widget", Namespaced: true})
		definition := &unstructured.Unstructured{Object: map[string]any{"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition"}}
		definition.SetName("widgets.example.com")
		c.create(crds, definition)
		began := time.Now()
		for s.State().Phase != kubeevents.Synced {
			time.Sleep(10 * time.Millisecond)
		}
		require.Less(t, time.Since(began), 5*time.Second)
	})
}

func TestForbiddenIsNamedAndRetried(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := prepare(t, configMap("a", "one", nil))
		var forbidden atomic.Bool
		forbidden.Store(true)
		c.dynamic.PrependReactor("list", "configmaps", func(clienttesting.Action) (bool, runtime.Object, error) {
			if forbidden.Load() {
				return true, nil, apierrors.NewForbidden(schema.GroupResource{Resource: "configmaps"}, "", errors.New("no"))
			}
			return false, nil, nil
		})
		c.run()
		s := c.subscribe(kubeevents.Query{Kind: "ConfigMap", Namespaces: []string{"a"}}, &log{})
		other := c.subscribe(kubeevents.Query{Kind: "Namespace"}, &log{})
		require.NoError(t, other.Wait(t.Context()))
		var refused *kubeevents.ForbiddenError
		require.ErrorAs(t, s.Wait(t.Context()), &refused)
		require.Equal(t, "list", refused.Verb)
		require.Equal(t, "a", refused.Namespace)
		require.Equal(t, "no permission to list configmaps in namespace a: grant it by a role", refused.Error())

		time.Sleep(time.Minute)
		synctest.Wait()
		forbidden.Store(false)
		time.Sleep(time.Minute)
		require.NoError(t, s.Wait(t.Context()))
		require.Equal(t, 1, s.Snapshot().Len())
	})
}

func TestServerAwayAtStart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := prepare(t, configMap("a", "one", nil))
		var away atomic.Bool
		away.Store(true)
		refuse := func(clienttesting.Action) (bool, runtime.Object, error) {
			return away.Load(), nil, errors.New("connection refused")
		}
		c.discovery.PrependReactor("*", "*", refuse)
		c.dynamic.PrependReactor("*", "*", refuse)
		c.run()
		s := c.subscribe(kubeevents.Query{Kind: "ConfigMap"}, &log{})
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		err := s.Wait(ctx)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.ErrorContains(t, err, "connection refused")
		require.Equal(t, kubeevents.Failing, s.State().Phase)
		away.Store(false)
		require.NoError(t, s.Wait(t.Context()))
	})
}

func TestInterruptedWatchIsVisibleAndResumed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := prepare(t, configMap("a", "one", nil))
		var broken atomic.Bool
		var current atomic.Pointer[watch.RaceFreeFakeWatcher]
		c.dynamic.PrependWatchReactor("configmaps", func(clienttesting.Action) (bool, watch.Interface, error) {
			if broken.Load() {
				return true, nil, errors.New("unexpected EOF")
			}
			open := watch.NewRaceFreeFake()
			current.Store(open)
			return true, open, nil
		})
		c.run()
		s := c.subscribe(kubeevents.Query{Kind: "ConfigMap"}, &log{})
		require.NoError(t, s.Wait(t.Context()))
		lists := c.count("list", "configmaps")

		time.Sleep(time.Hour)
		require.Zero(t, s.Snapshot().Age(), "a quiet watch is no stale one")
		broken.Store(true)
		current.Load().Stop()
		time.Sleep(time.Minute)
		require.Equal(t, kubeevents.Failing, s.State().Phase)
		require.GreaterOrEqual(t, s.Snapshot().Age(), 55*time.Second)
		broken.Store(false)
		require.NoError(t, s.Wait(t.Context()))
		require.Zero(t, s.Snapshot().Age())
		time.Sleep(time.Minute)
		require.Equal(t, lists, c.count("list", "configmaps"), "the server still knew the version")

		gone := apierrors.NewResourceExpired("too old")
		current.Load().Action(watch.Error, &gone.ErrStatus)
		synctest.Wait()
		time.Sleep(time.Second)
		require.Greater(t, c.count("list", "configmaps"), lists)
		require.Equal(t, kubeevents.Synced, s.State().Phase)
	})
}

func TestThrottledWatchWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := prepare(t)
		var times []time.Time
		c.dynamic.PrependWatchReactor("configmaps", func(clienttesting.Action) (bool, watch.Interface, error) {
			times = append(times, time.Now())
			if len(times) < 3 {
				err := apierrors.NewTooManyRequests("slow down", 7)
				err.ErrStatus.Code = http.StatusTooManyRequests
				return true, nil, err
			}
			return false, nil, nil
		})
		c.run()
		s := c.subscribe(kubeevents.Query{Kind: "ConfigMap"}, &log{})
		require.NoError(t, s.Wait(t.Context()))
		require.Len(t, times, 3)
		require.GreaterOrEqual(t, times[1].Sub(times[0]), 7*time.Second)
	})
}

func TestFailingFilterIsNamedAndHarmsNobodyElse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := start(t, configMap("a", "bad", map[string]any{"k": "secret"}), configMap("a", "good", nil))
		filter := kubeevents.FilterFunc(func(o *unstructured.Unstructured) (any, error) {
			if o.GetName() == "bad" {
				if o.GetLabels()["fixed"] == "" {
					panic("secret")
				}
			}
			return o.GetName(), nil
		})
		s := c.subscribe(kubeevents.Query{Kind: "ConfigMap", Filter: filter}, &log{})
		other := c.subscribe(kubeevents.Query{Kind: "ConfigMap"}, &log{})
		require.NoError(t, other.Wait(t.Context()))
		var failed *kubeevents.FilterError
		err := s.Wait(t.Context())
		require.ErrorAs(t, err, &failed)
		require.Equal(t, "bad", failed.Name)
		require.NotContains(t, err.Error(), "secret")
		require.Equal(t, []string{"a/good"}, names(s.Snapshot()))

		c.update(configMaps, configMap("a", "bad", nil, "fixed", "yes"))
		synctest.Wait()
		require.NoError(t, s.Wait(t.Context()))
		require.Equal(t, 2, s.Snapshot().Len())
	})
}

func TestInvalidQueries(t *testing.T) {
	w := kubeevents.New(kubeevents.Options{})
	_, err := w.Subscribe(kubeevents.Query{Kind: "Pod"}, nil)
	require.ErrorContains(t, err, "Clients.Dynamic")
	c := prepare(t)
	for field, q := range map[string]kubeevents.Query{
		"Kind":       {},
		"APIVersion": {Kind: "Pod", APIVersion: "a/b/c"},
		"Names":      {Kind: "Pod", Names: []string{""}},
		"Namespaces": {Kind: "Pod", Namespaces: []string{""}},
		"Labels":     {Kind: "Pod", Labels: &metav1.LabelSelector{MatchExpressions: []metav1.LabelSelectorRequirement{{Key: "a", Operator: "Near"}}}},
		"Fields":     {Kind: "Pod", Names: []string{"a"}, Fields: []kubeevents.FieldTerm{{Field: "metadata.name", Value: "b"}}},
	} {
		_, err := c.watcher.Subscribe(q, nil)
		var wrong *kubeevents.QueryError
		require.ErrorAs(t, err, &wrong, field)
		require.Equal(t, field, wrong.Field)
	}
	_, err = c.watcher.Subscribe(kubeevents.Query{Kind: "Pod", Fields: []kubeevents.FieldTerm{{Field: "a", Operator: "~"}}}, nil)
	require.ErrorContains(t, err, `operator "~"`)
}

func TestClusterScopedKindHasNoNamespaces(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := start(t, namespace("a"))
		s := c.subscribe(kubeevents.Query{Kind: "ns", Namespaces: []string{"a"}}, &log{})
		var wrong *kubeevents.QueryError
		require.ErrorAs(t, s.Wait(t.Context()), &wrong)
	})
}

func TestStoppedWatcher(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := prepare(t)
		ctx, cancel := context.WithCancel(t.Context())
		s := c.subscribe(kubeevents.Query{Kind: "ConfigMap"}, &log{})
		done := make(chan error)
		go func() { done <- c.watcher.Run(ctx) }()
		require.NoError(t, s.Wait(t.Context()))
		cancel()
		require.NoError(t, <-done)
		require.ErrorIs(t, s.Wait(t.Context()), kubeevents.ErrStopped)
		_, err := c.watcher.Subscribe(kubeevents.Query{Kind: "ConfigMap"}, nil)
		require.ErrorIs(t, err, kubeevents.ErrStopped)
		require.Error(t, c.watcher.Run(t.Context()))
		s.Close()
	})
}

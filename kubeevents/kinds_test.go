package kubeevents_test

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/addonkit/addonkit/kubeevents"
	"github.com/addonkit/addonkit/kubeevents/kubeeventstest"
)

func TestKindsByAnyName(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		widget := func(version string) kubeeventstest.Kind {
			return kubeeventstest.Kind{APIVersion: version, Kind: "Widget", Plural: "widgets", ShortNames: []string{"wd"}}
		}
		// Another group has a short name that is a kind of the first.
		other := kubeeventstest.Kind{APIVersion: "other.io/v1", Kind: "Thing", Plural: "things", ShortNames: []string{"widget"}}
		c := kubeeventstest.NewCluster(widget("example.com/v1"), other)
		w := kubeeventstest.Start(t, c)
		for _, kind := range []string{"Widget", "widget", "WIDGETS", "widgets", "wd", "Wd"} {
			for _, version := range []string{"", "example.com/v1"} {
				s := subscribe(t, w, kubeevents.Query{APIVersion: version, Kind: kind, Full: true}, &log{})
				require.NoError(t, s.Wait(t.Context()), kind)
			}
		}
		require.Len(t, w.Streams(), 1)
		require.Equal(t, "widgets", w.Streams()[0].Resource.Resource)
	})
}

func TestKindsByMapper(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := kubeeventstest.NewCluster(kubeeventstest.ConfigMaps(), kubeeventstest.Nodes())
		mapper := meta.NewDefaultRESTMapper([]schema.GroupVersion{{Version: "v1"}})
		mapper.Add(schema.GroupVersionKind{Version: "v1", Kind: "ConfigMap"}, meta.RESTScopeNamespace)
		mapper.Add(schema.GroupVersionKind{Version: "v1", Kind: "Node"}, meta.RESTScopeRoot)
		clients := c.Clients()
		clients.Discovery, clients.Mapper = nil, mapper
		w := run(t, kubeevents.New(kubeevents.Options{Clients: clients}))
		for _, kind := range []string{"ConfigMap", "configmap", "configmaps", "nodes"} {
			s := subscribe(t, w, kubeevents.Query{Kind: kind}, &log{})
			require.NoError(t, s.Wait(t.Context()), kind)
		}
		s := subscribe(t, w, kubeevents.Query{APIVersion: "v1", Kind: "Pod"}, &log{})
		var pending *kubeevents.PendingError
		require.ErrorAs(t, s.Wait(t.Context()), &pending)
	})
}

func TestDeadGroupHarmsNobodyElse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		metric := kubeeventstest.Kind{APIVersion: "metrics.k8s.io/v1beta1", Kind: "NodeMetrics", Plural: "nodemetrics", ClusterScoped: true}
		widget := kubeeventstest.Kind{APIVersion: "example.com/v1", Kind: "Widget", Plural: "widgets"}
		c := kubeeventstest.NewCluster(kubeeventstest.ConfigMaps(), metric, widget)
		c.Apply(settings("one", "a"), "{apiVersion: example.com/v1, kind: Widget, metadata: {namespace: a, name: one}}")
		c.Kill("metrics.k8s.io/v1beta1", errors.New("no endpoints"))
		w := kubeeventstest.Start(t, c)

		s := subscribe(t, w, kubeevents.Query{Kind: "ConfigMap"}, &log{})
		require.NoError(t, s.Wait(t.Context()))
		alive := subscribe(t, w, kubeevents.Query{Kind: "Widget"}, &log{})
		require.NoError(t, alive.Wait(t.Context()))

		dead := subscribe(t, w, kubeevents.Query{APIVersion: "metrics.k8s.io/v1beta1", Kind: "NodeMetrics"}, &log{})
		var group *kubeevents.GroupError
		require.ErrorAs(t, dead.Wait(t.Context()), &group)
		require.Equal(t, "API group metrics.k8s.io/v1beta1 does not answer: no endpoints", group.Error())
		unknown := subscribe(t, w, kubeevents.Query{Kind: "NodeMetrics"}, &log{})
		err := unknown.Wait(t.Context())
		require.EqualError(t, err, "kind NodeMetrics is not served yet; these API groups do not answer: metrics.k8s.io/v1beta1")

		// A group that dies under a watch is named, and what was known of it stays.
		l := &log{}
		alive.Close()
		alive = subscribe(t, w, kubeevents.Query{Kind: "Widget"}, l)
		require.NoError(t, alive.Wait(t.Context()))
		alive.Deliver(alive.Snapshot())
		c.Kill("example.com/v1", errors.New("down"))
		time.Sleep(5 * time.Minute)
		require.ErrorAs(t, alive.State().Err, &group)
		require.Equal(t, 1, alive.Snapshot().Len())
		require.Empty(t, l.take())

		c.Kill("metrics.k8s.io/v1beta1", nil)
		c.Kill("example.com/v1", nil)
		time.Sleep(time.Minute)
		for _, s := range []*kubeevents.Subscription{dead, unknown, alive} {
			require.NoError(t, s.Wait(t.Context()))
		}
		require.Empty(t, l.take())
	})
}

func TestFieldsAreSelectedByTheServer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := kubeeventstest.NewCluster(kubeeventstest.Pods())
		pod := func(name, phase string) string {
			return "{apiVersion: v1, kind: Pod, metadata: {namespace: a, name: " + name + "}, status: {phase: " + phase + "}}"
		}
		c.Apply(pod("one", "Running"), pod("two", "Pending"))
		w := kubeeventstest.Start(t, c)
		l := &log{}
		term := func(field, operator, value string) kubeevents.FieldTerm {
			return kubeevents.FieldTerm{Field: field, Operator: operator, Value: value}
		}
		s := subscribe(t, w, kubeevents.Query{Kind: "Pod", Fields: []kubeevents.FieldTerm{term("status.phase", "Equals", "Running"), term("spec.nodeName", "!=", "n")}}, l)
		same := subscribe(t, w, kubeevents.Query{Kind: "Pod", Fields: []kubeevents.FieldTerm{term("spec.nodeName", "NotEquals", "n"), term("status.phase", "==", "Running")}}, &log{})
		require.NoError(t, s.Wait(t.Context()))
		require.NoError(t, same.Wait(t.Context()))
		require.Len(t, w.Streams(), 1)
		require.Equal(t, []string{"a/one"}, names(s.Snapshot()))
		s.Deliver(s.Snapshot())
		c.Apply(pod("two", "Running"))
		require.Equal(t, []string{"Added a/two"}, l.take())
		c.Apply(pod("one", "Succeeded"))
		require.Equal(t, []string{"Deleted a/one"}, l.take())
	})
}

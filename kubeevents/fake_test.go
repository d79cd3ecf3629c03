package kubeevents_test

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	discoveryfake "k8s.io/client-go/discovery/fake"
	dynamicfake "k8s.io/client-go/dynamic/fake"
	clienttesting "k8s.io/client-go/testing"

	"github.com/addonkit/addonkit/kubeevents"
)

var (
	configMaps = schema.GroupVersionResource{Version: "v1", Resource: "configmaps"}
	namespaces = schema.GroupVersionResource{Version: "v1", Resource: "namespaces"}
	widgets    = schema.GroupVersionResource{Group: "example.com", Version: "v1", Resource: "widgets"}
	crds       = schema.GroupVersionResource{Group: "apiextensions.k8s.io", Version: "v1", Resource: "customresourcedefinitions"}
)

// cluster is client-go's fakes with a watcher on them.
type cluster struct {
	t         *testing.T
	dynamic   *dynamicfake.FakeDynamicClient
	discovery *discoveryfake.FakeDiscovery
	watcher   *kubeevents.Watcher
}

func start(t *testing.T, objects ...runtime.Object) *cluster {
	c := prepare(t, objects...)
	c.run()
	return c
}

func prepare(t *testing.T, objects ...runtime.Object) *cluster {
	c := &cluster{t: t}
	c.dynamic = dynamicfake.NewSimpleDynamicClientWithCustomListKinds(runtime.NewScheme(), map[schema.GroupVersionResource]string{
		configMaps: "ConfigMapList", namespaces: "NamespaceList", widgets: "WidgetList", crds: "CustomResourceDefinitionList",
	}, objects...)
	c.discovery = &discoveryfake.FakeDiscovery{Fake: &clienttesting.Fake{}}
	c.serve("v1",
		metav1.APIResource{Name: "configmaps", SingularName: "configmap", Kind: "ConfigMap", ShortNames: []string{"cm"}, Namespaced: true},
		metav1.APIResource{Name: "namespaces", SingularName: "namespace", Kind: "Namespace", ShortNames: []string{"ns"}})
	c.watcher = kubeevents.New(kubeevents.Options{Clients: kubeevents.Clients{Dynamic: c.dynamic, Discovery: c.discovery}})
	return c
}

func (c *cluster) run() { run(c.t, c.watcher) }

func run(t *testing.T, w *kubeevents.Watcher) *kubeevents.Watcher {
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- w.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		require.NoError(t, <-done)
	})
	return w
}

func (c *cluster) serve(groupVersion string, resources ...metav1.APIResource) {
	c.discovery.Lock()
	defer c.discovery.Unlock()
	c.discovery.Resources = append(c.discovery.Resources, &metav1.APIResourceList{GroupVersion: groupVersion, APIResources: resources})
}

func (c *cluster) create(gvr schema.GroupVersionResource, object *unstructured.Unstructured) {
	_, err := c.dynamic.Resource(gvr).Namespace(object.GetNamespace()).Create(c.t.Context(), object, metav1.CreateOptions{})
	require.NoError(c.t, err)
}

func (c *cluster) update(gvr schema.GroupVersionResource, object *unstructured.Unstructured) {
	_, err := c.dynamic.Resource(gvr).Namespace(object.GetNamespace()).Update(c.t.Context(), object, metav1.UpdateOptions{})
	require.NoError(c.t, err)
}

func (c *cluster) delete(gvr schema.GroupVersionResource, namespace, name string) {
	require.NoError(c.t, c.dynamic.Resource(gvr).Namespace(namespace).Delete(c.t.Context(), name, metav1.DeleteOptions{}))
}

func (c *cluster) subscribe(q kubeevents.Query, l *log) *kubeevents.Subscription {
	s, err := c.watcher.Subscribe(q, l.add)
	require.NoError(c.t, err)
	return s
}

// count tells how often the API was asked for this.
func (c *cluster) count(verb, resource string) int {
	n := 0
	for _, action := range c.dynamic.Actions() {
		if action.GetVerb() == verb && action.GetResource().Resource == resource {
			n++
		}
	}
	return n
}

// log collects events.
type log struct {
	mu     sync.Mutex
	events []kubeevents.Event
}

func (l *log) add(e kubeevents.Event) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.events = append(l.events, e)
}

// take returns what has come since the last call, as "Added ns/name".
func (l *log) take() []string {
	synctest.Wait()
	l.mu.Lock()
	defer l.mu.Unlock()
	var texts []string
	for _, e := range l.events {
		texts = append(texts, string(e.Type)+" "+e.Namespace+"/"+e.Name)
	}
	l.events = nil
	return texts
}

func configMap(namespace, name string, data map[string]any, labels ...string) *unstructured.Unstructured {
	u := &unstructured.Unstructured{Object: map[string]any{"apiVersion": "v1", "kind": "ConfigMap", "data": data}}
	u.SetNamespace(namespace)
	u.SetName(name)
	label(u, labels)
	return u
}

func namespace(name string, labels ...string) *unstructured.Unstructured {
	u := &unstructured.Unstructured{Object: map[string]any{"apiVersion": "v1", "kind": "Namespace"}}
	u.SetName(name)
	label(u, labels)
	return u
}

func label(u *unstructured.Unstructured, labels []string) {
	if len(labels) == 0 {
		return
	}
	set := map[string]string{}
	for i := 0; i < len(labels); i += 2 {
		set[labels[i]] = labels[i+1]
	}
	u.SetLabels(set)
}

func names(s kubeevents.Snapshot) []string {
	names := []string{}
	for item := range s.All() {
		names = append(names, item.Namespace+"/"+item.Name)
	}
	return names
}

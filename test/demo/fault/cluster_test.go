package fault_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/metadata"
	"k8s.io/client-go/rest"

	"github.com/addonkit/addonkit/test/demo/fault"
	"github.com/addonkit/addonkit/test/e2e"
)

func TestMain(m *testing.M) { e2e.Main(m) }

// Each client of client-go has its own way to ask for a watch.
func TestProxyBeforeAnAPIServer(t *testing.T) {
	namespace := e2e.Namespace(t)
	config := e2e.ServiceAccount(t, namespace, "proxied", e2e.Allow("", []string{"configmaps"}, []string{"*"}))
	proxy, err := fault.NewProxy(config)
	require.NoError(t, err)
	defer proxy.Close()
	config = rest.CopyConfig(config)
	config.Host, config.CAData = proxy.URL(), proxy.Authority()

	typed, err := kubernetes.NewForConfig(config)
	require.NoError(t, err)
	_, err = typed.CoreV1().ConfigMaps(namespace).Create(t.Context(), &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "one"}}, metav1.CreateOptions{})
	require.NoError(t, err)
	whole, err := dynamic.NewForConfig(config)
	require.NoError(t, err)
	partial, err := metadata.NewForConfig(config)
	require.NoError(t, err)
	resource := schema.GroupVersionResource{Version: "v1", Resource: "configmaps"}
	for name, open := range map[string]func(metav1.ListOptions) (watch.Interface, error){
		"typed": func(o metav1.ListOptions) (watch.Interface, error) {
			return typed.CoreV1().ConfigMaps(namespace).Watch(t.Context(), o)
		},
		"dynamic": func(o metav1.ListOptions) (watch.Interface, error) {
			return whole.Resource(resource).Namespace(namespace).Watch(t.Context(), o)
		},
		"metadata": func(o metav1.ListOptions) (watch.Interface, error) {
			return partial.Resource(resource).Namespace(namespace).Watch(t.Context(), o)
		},
	} {
		t.Run(name, func(t *testing.T) {
			yes := true
			w, err := open(metav1.ListOptions{AllowWatchBookmarks: true, SendInitialEvents: &yes, ResourceVersionMatch: metav1.ResourceVersionMatchNotOlderThan})
			require.NoError(t, err)
			defer w.Stop()
			for {
				select {
				case event, ok := <-w.ResultChan():
					require.True(t, ok)
					require.NotEqual(t, watch.Error, event.Type, "%v", event.Object)
					if event.Type == watch.Bookmark {
						return
					}
				case <-time.After(20 * time.Second):
					require.Fail(t, "no end of the initial events")
				}
			}
		})
	}
}

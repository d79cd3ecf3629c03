package stranger_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/dynamic"
	dynamicfake "k8s.io/client-go/dynamic/fake"
	"k8s.io/client-go/kubernetes"
	kubefake "k8s.io/client-go/kubernetes/fake"
	"k8s.io/client-go/kubernetes/scheme"

	"github.com/addonkit/addonkit/addon"
	"github.com/addonkit/addonkit/helmclient/helmclienttest"

	"github.com/addonkit/addonkit/test/stranger"
)

const namespace = "shop"

// One story: a user edits the ConfigMap, the module is enabled, its hook counts
// the nodes, the value changes the release, the user switches it off.
func TestShopFollowsConfigurationAndNodes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := start(t, node("a"))
		require.Equal(t, addon.Disabled, w.status(t).Phase)

		w.configure(t, map[string]string{"webShopEnabled": "true"})
		require.Equal(t, addon.Ready, w.status(t).Phase, w.status(t).Message)
		require.Equal(t, 1, w.status(t).Revision)
		require.EqualValues(t, 1, w.front(t, "spec", "replicas"))

		w.add(t, node("b"))
		require.Equal(t, 2, w.status(t).Revision)
		require.EqualValues(t, 2, w.front(t, "spec", "replicas"))

		w.configure(t, map[string]string{"webShopEnabled": "true", "webShop": "image: front:2"})
		require.Equal(t, 3, w.status(t).Revision)

		w.configure(t, map[string]string{"webShopEnabled": "true", "webShop": "image: front:2", "unrelated": "{}"})
		require.Equal(t, 3, w.status(t).Revision, "nothing of this module has changed")

		w.configure(t, map[string]string{"webShopEnabled": "false"})
		require.Equal(t, addon.Disabled, w.status(t).Phase)
		require.Nil(t, w.helm.Object("Deployment", namespace, "front"))
	})
}

// world is a running operator and the cluster that it believes in.
type world struct {
	kube    kubernetes.Interface
	dynamic dynamic.Interface
	helm    *helmclienttest.Fake
	op      *addon.Operator
}

func start(t *testing.T, objects ...runtime.Object) *world {
	t.Helper()
	kube := kubefake.NewClientset()
	kube.Resources = []*metav1.APIResourceList{{GroupVersion: "v1", APIResources: []metav1.APIResource{
		{Name: "nodes", SingularName: "node", Kind: "Node", Verbs: metav1.Verbs{"get", "list", "watch"}},
	}}}
	w := &world{kube: kube, dynamic: dynamicfake.NewSimpleDynamicClient(scheme.Scheme, objects...), helm: helmclienttest.New()}
	op, err := addon.New(addon.Options{
		Clients:   addon.Clients{Kube: w.kube, Dynamic: w.dynamic},
		Namespace: namespace,
		Modules:   []addon.Module{stranger.Shop()},
		Helm:      w.helm,
	})
	require.NoError(t, err)
	w.op = op

	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- op.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		require.NoError(t, <-ended)
	})
	settle()
	return w
}

// settle lets everything happen that will; the minute is the bubble's.
func settle() {
	time.Sleep(time.Minute)
	synctest.Wait()
}

func (w *world) configure(t *testing.T, data map[string]string) {
	t.Helper()
	cm := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "addonkit"}, Data: data}
	configMaps := w.kube.CoreV1().ConfigMaps(namespace)
	_, err := configMaps.Update(t.Context(), cm, metav1.UpdateOptions{})
	if err != nil {
		_, err = configMaps.Create(t.Context(), cm, metav1.CreateOptions{})
	}
	require.NoError(t, err)
	settle()
}

func (w *world) add(t *testing.T, node *corev1.Node) {
	t.Helper()
	content, err := runtime.DefaultUnstructuredConverter.ToUnstructured(node)
	require.NoError(t, err)
	nodes := w.dynamic.Resource(corev1.SchemeGroupVersion.WithResource("nodes"))
	_, err = nodes.Create(t.Context(), &unstructured.Unstructured{Object: content}, metav1.CreateOptions{})
	require.NoError(t, err)
	settle()
}

func (w *world) status(t *testing.T) addon.ModuleStatus {
	t.Helper()
	list := w.op.Status()
	require.Len(t, list, 1)
	return list[0]
}

func (w *world) front(t *testing.T, path ...string) any {
	t.Helper()
	object := w.helm.Object("Deployment", namespace, "front")
	require.NotNil(t, object, "the chart's Deployment is not there")
	value, found, err := unstructured.NestedFieldNoCopy(object.Object, path...)
	require.NoError(t, err)
	require.True(t, found)
	return value
}

func node(name string) *corev1.Node {
	return &corev1.Node{TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "Node"}, ObjectMeta: metav1.ObjectMeta{Name: name}}
}

package addon_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"testing/synctest"
	"time"

	"github.com/go-logr/logr"
	"github.com/go-logr/logr/testr"
	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta/testrestmapper"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	dynamicfake "k8s.io/client-go/dynamic/fake"
	"k8s.io/client-go/kubernetes/fake"
	"k8s.io/client-go/kubernetes/scheme"

	"github.com/addonkit/addonkit/addon"
	"github.com/addonkit/addonkit/helmclient/helmclienttest"
	"github.com/addonkit/addonkit/hooks"
	"github.com/addonkit/addonkit/kubeevents"
	"github.com/addonkit/addonkit/values"
)

// bench is an operator on fakes, in a bubble of synctest.
type bench struct {
	t       *testing.T
	kube    *fake.Clientset
	dynamic *dynamicfake.FakeDynamicClient
	helm    *helmclienttest.Fake
	op      *addon.Operator
}

// within runs story with an operator that has come to rest, and ends it.
func within(t *testing.T, o addon.Options, objects []runtime.Object, story func(*bench)) {
	synctest.Test(t, func(t *testing.T) {
		b := &bench{t: t, kube: fake.NewClientset(objects...), dynamic: dynamicfake.NewSimpleDynamicClient(scheme.Scheme, objects...)}
		if b.helm, _ = o.Helm.(*helmclienttest.Fake); b.helm == nil {
			b.helm = helmclienttest.New()
		}
		o.Clients = addon.Clients{Kube: b.kube, Dynamic: b.dynamic, Mapper: testrestmapper.TestOnlyStaticRESTMapper(scheme.Scheme)}
		o.Helm, o.Namespace, o.Log = b.helm, "ns", logr.Discard()
		if testing.Verbose() {
			o.Log = testr.New(t)
		}
		op, err := addon.New(o)
		require.NoError(t, err)
		b.op = op
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- op.Run(ctx) }()
		b.settle()
		story(b)
		cancel()
		require.NoError(t, <-ended)
	})
}

// configure writes the ConfigMap and waits until nothing moves any more.
func (b *bench) configure(data map[string]string) {
	b.t.Helper()
	maps := b.kube.CoreV1().ConfigMaps("ns")
	cm := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "addonkit"}, Data: data}
	if _, err := maps.Update(b.t.Context(), cm, metav1.UpdateOptions{}); err != nil {
		_, err = maps.Create(b.t.Context(), cm, metav1.CreateOptions{})
		require.NoError(b.t, err)
	}
	b.settle()
}

// settle lets what is under way, short delays included, come to rest.
func (b *bench) settle() {
	time.Sleep(3 * time.Second) // of the bubble's clock: above the delays of watches, below the first retry of a task
	synctest.Wait()
}

func (b *bench) phase(module string) string {
	s, _ := b.op.Module(module).Status()
	return fmt.Sprintf("%s r%d %s%s", s.Phase, s.Revision, s.EnabledBy, strings.Join(s.WaitingFor, "; "))
}

func chartOf(text string) fstest.MapFS {
	return fstest.MapFS{"templates/all.yaml": {Data: []byte(text)}}
}

func node(name string) *corev1.Node { return &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: name}} }

func TestLifeOfAModule(t *testing.T) {
	perNode := hooks.Hook{
		Name:  "per-node",
		Watch: []hooks.Watch{{Name: "nodes", Query: kubeevents.Query{APIVersion: "v1", Kind: "Node"}}},
		Run: func(_ context.Context, in *hooks.Input, out *hooks.Output) error {
			out.Values.Set("/replicas", in.Snapshot("nodes").Len())
			return nil
		},
	}
	module := addon.Module{Name: "web-shop", OffByDefault: true, Hooks: hooks.Static(perNode),
		Values: values.Spec{Static: []values.File{{Name: "values.yaml", Data: []byte("webShop: {color: red}")}}},
		Chart: chartOf(`
apiVersion: v1
kind: ConfigMap
metadata: {name: shop}
data: {color: {{ .Values.webShop.color }}, replicas: {{ .Values.webShop.replicas | quote }}}
`)}
	within(t, addon.Options{Modules: []addon.Module{module}}, []runtime.Object{node("one"), node("two")}, func(b *bench) {
		require.Equal(t, "Disabled r0 default", b.phase("web-shop"))
		require.NoError(t, b.op.Ready(t.Context()))

		b.configure(map[string]string{"webShopEnabled": "true"})
		require.Equal(t, "Ready r1 config", b.phase("web-shop"))
		require.Equal(t, `{"color":"red","replicas":2}`, string(b.op.Module("web-shop").Values().JSON()))

		b.configure(map[string]string{"webShopEnabled": "true", "webShop": "color: blue"})
		require.Equal(t, "Ready r2 config", b.phase("web-shop"))

		b.configure(map[string]string{"webShopEnabled": "false", "webShop": "color: blue"})
		require.Equal(t, "Disabled r0 config", b.phase("web-shop"))
	})
}

// A burst of events runs a hook with a rate once at first, and once more with
// all the rest, while others in its queue go on.
func TestRateOfAHook(t *testing.T) {
	var runs journal[int]
	watcher := hooks.Hook{
		Name: "watcher", MinInterval: time.Minute,
		Watch: []hooks.Watch{{Name: "nodes", SkipSynchronization: true, Query: kubeevents.Query{APIVersion: "v1", Kind: "Node"}}},
		Run: func(_ context.Context, in *hooks.Input, _ *hooks.Output) error {
			runs.add(len(in.Contexts))
			return nil
		},
	}
	module := addon.Module{Name: "rated", Hooks: hooks.Static(watcher)}
	within(t, addon.Options{Modules: []addon.Module{module}}, nil, func(b *bench) {
		gvr := schemaOf("nodes")
		for i := range 5 {
			n, err := runtime.DefaultUnstructuredConverter.ToUnstructured(node(fmt.Sprint("n", i)))
			require.NoError(t, err)
			n["apiVersion"], n["kind"] = "v1", "Node"
			_, err = b.dynamic.Resource(gvr).Create(t.Context(), &unstructured.Unstructured{Object: n}, metav1.CreateOptions{})
			require.NoError(t, err)
			b.settle()
		}
		require.Equal(t, []int{1}, runs.all())
		require.Equal(t, "Ready r0 default", b.phase("rated"))
		time.Sleep(time.Minute)
		b.settle()
		require.Equal(t, []int{1, 4}, runs.all())
	})
}

func fakeClients() addon.Clients {
	return addon.Clients{Kube: fake.NewClientset(), Dynamic: dynamicfake.NewSimpleDynamicClient(scheme.Scheme),
		Mapper: testrestmapper.TestOnlyStaticRESTMapper(scheme.Scheme)}
}

func schemaOf(resource string) schema.GroupVersionResource {
	return corev1.SchemeGroupVersion.WithResource(resource)
}

// journal is what hooks note, to be read at any moment.
type journal[T any] struct {
	mu   sync.Mutex
	list []T
}

func (j *journal[T]) add(entry T) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.list = append(j.list, entry)
}

func (j *journal[T]) all() []T {
	j.mu.Lock()
	defer j.mu.Unlock()
	return slices.Clone(j.list)
}

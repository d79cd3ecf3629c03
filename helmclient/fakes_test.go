package helmclient_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/api/meta/testrestmapper"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	dynamicfake "k8s.io/client-go/dynamic/fake"
	"k8s.io/client-go/kubernetes/fake"
	"k8s.io/client-go/kubernetes/scheme"
	k8stesting "k8s.io/client-go/testing"

	"github.com/addonkit/addonkit/helmclient"
	"github.com/addonkit/addonkit/helmclient/helmclienttest"
)

func TestMain(m *testing.M) {
	// client-go keeps idle connections to a real API server for the next client.
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("golang.org/x/net/http2.(*clientConnReadLoop).run"))
}

// fakes is client-go's fakes as one cluster.
type fakes struct {
	kube    *fake.Clientset
	dynamic *dynamicfake.FakeDynamicClient
	mapper  meta.RESTMapper
}

func newFakes() *fakes {
	return &fakes{
		kube:    fake.NewClientset(),
		dynamic: dynamicfake.NewSimpleDynamicClient(runtime.NewScheme()),
		mapper:  testrestmapper.TestOnlyStaticRESTMapper(scheme.Scheme),
	}
}

func (f *fakes) client(t *testing.T, instance string) *helmclient.Executor {
	t.Helper()
	x, err := helmclient.New(helmclient.Options{Kube: f.kube, Dynamic: f.dynamic, Mapper: f.mapper, Instance: instance})
	require.NoError(t, err)
	return x
}

var configMaps = schema.GroupVersionResource{Version: "v1", Resource: "configmaps"}

func (f *fakes) object(t *testing.T, ns, name string) *unstructured.Unstructured {
	t.Helper()
	o, err := f.dynamic.Resource(configMaps).Namespace(ns).Get(context.Background(), name, metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		return nil
	}
	require.NoError(t, err)
	return o
}

func (f *fakes) history(t *testing.T, ns, name string) (states []string) {
	t.Helper()
	secrets, err := f.kube.CoreV1().Secrets(ns).List(context.Background(), metav1.ListOptions{LabelSelector: "name=" + name})
	require.NoError(t, err)
	slices.SortFunc(secrets.Items, func(a, b corev1.Secret) int {
		x, _ := strconv.Atoi(a.Labels["version"])
		y, _ := strconv.Atoi(b.Labels["version"])
		return x - y
	})
	for _, s := range secrets.Items {
		states = append(states, s.Labels["status"])
	}
	return states
}

// writes calls before for every write to objects, until stopped. An error of before is the write's.
func (f *fakes) writes(before func(k8stesting.Action) error) (stop func()) {
	var off atomic.Bool
	f.dynamic.PrependReactor("*", "*", func(a k8stesting.Action) (bool, runtime.Object, error) {
		if off.Load() || slices.Contains([]string{"get", "list", "watch"}, a.GetVerb()) {
			return false, nil, nil
		}
		err := before(a)
		return err != nil, nil, err
	})
	return func() { off.Store(true) }
}

func TestConformanceOnFakes(t *testing.T) {
	helmclienttest.TestClient(t, func(t *testing.T) helmclienttest.Subject {
		f := newFakes()
		return helmclienttest.Subject{
			Client:     f.client(t, "suite"),
			Restart:    func() helmclient.Client { return f.client(t, "suite") },
			Another:    func() helmclient.Client { return f.client(t, "other") },
			Namespaces: [2]string{"one", "two"},
			Object:     func(_, ns, name string) *unstructured.Unstructured { return f.object(t, ns, name) },
			Remove: func(_, ns, name string) {
				require.NoError(t, f.dynamic.Resource(configMaps).Namespace(ns).Delete(t.Context(), name, metav1.DeleteOptions{}))
			},
			History: func(ns, name string) []string { return f.history(t, ns, name) },
			Interrupt: func(r helmclient.Request, another bool) {
				ctx, cancel := context.WithCancel(t.Context())
				stop := f.writes(func(k8stesting.Action) error { cancel(); return context.Canceled })
				defer stop()
				r.Values = map[string]any{"color": "interrupted"}
				_, err := f.client(t, map[bool]string{false: "suite", true: "other"}[another]).Apply(ctx, r)
				require.ErrorIs(t, err, context.Canceled)
			},
		}
	})
}

func TestAFailedPruneFailsTheRelease(t *testing.T) {
	f := newFakes()
	x := f.client(t, "a")
	r := helmclient.Request{Name: "web", Namespace: "one", Chart: helmclienttest.ConfigMaps(t, "one", "two")}
	_, err := x.Apply(t.Context(), r)
	require.NoError(t, err)
	stop := f.writes(func(a k8stesting.Action) error {
		if a.GetVerb() == "delete" {
			return errors.New("no")
		}
		return nil
	})
	r.Chart = helmclienttest.ConfigMaps(t, "one", "three")
	_, err = x.Apply(t.Context(), r)
	var e *helmclient.Error
	require.ErrorAs(t, err, &e)
	require.Equal(t, helmclient.PhasePrune, e.Phase)
	require.Equal(t, "ConfigMap/one/web-two", e.Object.String())
	require.Equal(t, []string{"deployed", "failed"}, f.history(t, "one", "web"))

	// What both the good and the failed revision brought is pruned by the next good one.
	stop()
	r.Chart = helmclienttest.ConfigMaps(t, "one")
	_, err = x.Apply(t.Context(), r)
	require.NoError(t, err)
	require.Nil(t, f.object(t, "one", "web-two"))
	require.Nil(t, f.object(t, "one", "web-three"))
	require.Equal(t, []string{"superseded", "failed", "deployed"}, f.history(t, "one", "web"))
}

func TestLeftoversOutliveTheHistory(t *testing.T) {
	f := newFakes()
	x := f.client(t, "a")
	r := helmclient.Request{Name: "web", Namespace: "one", Chart: helmclienttest.ConfigMaps(t, "one"), History: 2}
	_, err := x.Apply(t.Context(), r)
	require.NoError(t, err)
	bad := "apiVersion: v1\nkind: Secret\nmetadata: {name: bad}\n" // later kinds are held back
	stop := f.writes(func(a k8stesting.Action) error {
		if a.GetResource().Resource == "services" {
			return errors.New("no")
		}
		return nil
	})
	for _, extra := range []string{"x", "y", "z"} {
		r.Chart = helmclienttest.Chart(t, map[string]string{
			"templates/bad.yaml":   bad,
			"templates/extra.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: extra-" + extra + "}\n",
			"templates/svc.yaml":   "apiVersion: v1\nkind: Service\nmetadata: {name: svc}\n",
		})
		_, err = x.Apply(t.Context(), r)
		require.Error(t, err)
		require.NotNil(t, f.object(t, "one", "extra-"+extra))
	}
	require.Equal(t, []string{"deployed", "failed"}, f.history(t, "one", "web"), "bounded, and the good one kept")
	stop()
	r.Chart = helmclienttest.ConfigMaps(t, "one")
	_, err = x.Apply(t.Context(), r)
	require.NoError(t, err)
	for _, extra := range []string{"x", "y", "z"} {
		require.Nil(t, f.object(t, "one", "extra-"+extra), extra)
	}
}

func TestARecordChangedFromOutsideIsNoticed(t *testing.T) {
	for name, change := range map[string]func(*corev1.Secret){
		"status":     func(s *corev1.Secret) { s.Labels["status"] = "failed" },
		"revision":   func(s *corev1.Secret) { s.Labels["version"] = "3" },
		"annotation": func(s *corev1.Secret) { s.Annotations = nil },
		"written by another tool": func(s *corev1.Secret) {
			s.Data["release"] = append(s.Data["release"], '\n')
		},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFakes()
			x := f.client(t, "a")
			r := helmclient.Request{Name: "web", Namespace: "one", Chart: helmclienttest.ConfigMaps(t, "one")}
			_, err := x.Apply(t.Context(), r)
			require.NoError(t, err)
			secrets := f.kube.CoreV1().Secrets("one")
			s, err := secrets.Get(t.Context(), "sh.helm.release.v1.web.v1", metav1.GetOptions{})
			require.NoError(t, err)
			change(s)
			_, err = secrets.Update(t.Context(), s, metav1.UpdateOptions{FieldManager: "kubectl"})
			require.NoError(t, err)
			st, err := x.Status(t.Context(), "one", "web")
			require.NoError(t, err)
			require.False(t, st.Ours)
			res, err := x.Apply(t.Context(), r)
			require.NoError(t, err)
			require.Equal(t, helmclient.Upgraded, res.Action, res.Reason)
		})
	}
}

func TestLookups(t *testing.T) {
	f := newFakes()
	x := f.client(t, "a")
	put := func(data map[string]any) {
		o := &unstructured.Unstructured{Object: map[string]any{"apiVersion": "v1", "kind": "ConfigMap",
			"metadata": map[string]any{"name": "source", "namespace": "one"}, "data": data}}
		_ = f.dynamic.Resource(configMaps).Namespace("one").Delete(t.Context(), "source", metav1.DeleteOptions{})
		_, err := f.dynamic.Resource(configMaps).Namespace("one").Create(t.Context(), o, metav1.CreateOptions{})
		require.NoError(t, err)
	}
	r := helmclient.Request{Name: "web", Namespace: "one", Chart: helmclienttest.Chart(t, map[string]string{
		"templates/a.yaml": `apiVersion: v1
kind: ConfigMap
metadata: {name: copy}
data: {color: "{{ dig "data" "color" "none" (lookup "v1" "ConfigMap" "one" "source") }}"}
`})}
	apply := func(want helmclient.Action, revision int) {
		t.Helper()
		res, err := x.Apply(t.Context(), r)
		require.NoError(t, err)
		require.Equal(t, want, res.Action, res.Reason)
		require.Equal(t, revision, res.Revision)
	}
	apply(helmclient.Installed, 1)
	apply(helmclient.Skipped, 1)
	put(map[string]any{"color": "red"})
	apply(helmclient.Upgraded, 2)
	color, _, _ := unstructured.NestedString(f.object(t, "one", "copy").Object, "data", "color")
	require.Equal(t, "red", color)

	put(map[string]any{"color": "red", "other": "x"})
	apply(helmclient.Skipped, 2) // seen, rendered, and nothing else came out
	renders := len(f.kube.Actions())
	apply(helmclient.Skipped, 2)
	require.Len(t, f.kube.Actions(), renders+1, "one list of records, and no second refresh of the mark")
}

func TestManyCallersAndCancels(t *testing.T) {
	f := newFakes()
	clients := []*helmclient.Executor{f.client(t, "a")}
	charts := []*helmclient.Chart{helmclienttest.ConfigMaps(t, "one", "two"), helmclienttest.ConfigMaps(t, "one", "three")}
	rounds := 15
	if testing.Short() {
		rounds = 5
	}
	var wg sync.WaitGroup
	for g := range 16 {
		wg.Go(func() {
			rng := rand.New(rand.NewPCG(7, uint64(g)))
			x := clients[0]
			for range rounds {
				name := "r" + strconv.Itoa(rng.IntN(4))
				ctx, cancel := context.WithCancel(t.Context())
				if rng.IntN(3) == 0 {
					time.AfterFunc(time.Duration(rng.IntN(3000))*time.Microsecond, cancel)
				}
				var err error
				switch rng.IntN(8) {
				case 0:
					_, err = x.Delete(ctx, helmclient.DeleteRequest{Name: name, Namespace: "one"})
				case 1:
					_, err = x.List(ctx, "one")
				case 2:
					_, err = x.Render(ctx, helmclient.Request{Name: name, Namespace: "one", Chart: charts[0]})
				default:
					_, err = x.Apply(ctx, helmclient.Request{Name: name, Namespace: "one", Chart: charts[rng.IntN(2)],
						Values: map[string]any{"color": strconv.Itoa(rng.IntN(3))}})
				}
				if err != nil && ctx.Err() == nil {
					t.Errorf("%s: %v", name, err)
				}
				cancel()
			}
		})
	}
	wg.Wait()
	for i := range 4 {
		name := "r" + strconv.Itoa(i)
		_, err := clients[0].Apply(t.Context(), helmclient.Request{Name: name, Namespace: "one", Chart: charts[0], Values: map[string]any{"color": "last"}})
		require.NoError(t, err)
		states := f.history(t, "one", name)
		require.Equal(t, "deployed", states[len(states)-1])
		for _, s := range states[:len(states)-1] {
			require.Contains(t, []string{"superseded", "failed"}, s)
		}
		require.NotNil(t, f.object(t, "one", name+"-two"))
		require.Nil(t, f.object(t, "one", name+"-three"))
	}
}

// A hook that never ends: cancelled, the call returns, nothing more is written and the record tells the truth.
func TestCancelWhileAHookRuns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFakes()
		x := f.client(t, "a")
		hook := "apiVersion: batch/v1\nkind: Job\nmetadata: {name: h, annotations: {helm.sh/hook: 'pre-install,pre-upgrade,pre-delete'}}\n"
		r := helmclient.Request{Name: "web", Namespace: "one", Chart: helmclienttest.Chart(t, map[string]string{
			"templates/h.yaml": hook, "templates/a.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n",
		})}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { _, err := x.Apply(ctx, r); done <- err }()
		synctest.Wait()
		writes := 0
		f.writes(func(k8stesting.Action) error { writes++; return nil })
		begin := time.Now()
		cancel()
		err := <-done
		require.ErrorIs(t, err, context.Canceled)
		require.Zero(t, time.Since(begin))
		require.Zero(t, writes)
		require.Equal(t, []string{"pending-install"}, f.history(t, "one", "web"))
		require.Nil(t, f.object(t, "one", "a"))

		// The deadline of the call itself is written down.
		r.Timeout = time.Minute
		_, err = x.Apply(t.Context(), r)
		var e *helmclient.Error
		require.ErrorAs(t, err, &e)
		require.Equal(t, helmclient.ReasonTimeout, e.Reason)
		require.Equal(t, helmclient.PhaseHook, e.Phase)
		require.Equal(t, time.Minute, time.Since(begin))
		require.Equal(t, []string{"failed", "failed"}, f.history(t, "one", "web"))
	})
}

package helmclient_test

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/addonkit/addonkit/helmclient"
	"github.com/addonkit/addonkit/helmclient/helmclienttest"
)

// realCluster skips unless a real API server is named.
func realCluster(t *testing.T) *rest.Config {
	path := os.Getenv("ADDONKIT_TEST_KUBECONFIG")
	if path == "" {
		t.Skip("needs a real API server: set ADDONKIT_TEST_KUBECONFIG to its kubeconfig")
	}
	cfg, err := clientcmd.BuildConfigFromFlags("", path)
	require.NoError(t, err)
	cfg.QPS = -1
	return cfg
}

// requests counts what goes to the API server.
type requests struct {
	mu  sync.Mutex
	all []string
	hit func(method, path string) // before each request
}

func (r *requests) wrap(cfg *rest.Config) *rest.Config {
	cfg = rest.CopyConfig(cfg)
	cfg.Wrap(func(next http.RoundTripper) http.RoundTripper {
		return roundTrip(func(q *http.Request) (*http.Response, error) {
			r.mu.Lock()
			if !strings.HasSuffix(q.URL.Path, "/customresourcedefinitions") && !strings.HasSuffix(q.URL.Path, "/apiservices") {
				r.all = append(r.all, q.Method+" "+q.URL.Path) // all but what keeps discovery fresh
			}
			hit := r.hit
			r.mu.Unlock()
			if hit != nil {
				hit(q.Method, q.URL.Path)
			}
			if err := q.Context().Err(); err != nil {
				return nil, err
			}
			return next.RoundTrip(q)
		})
	})
	return cfg
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(q *http.Request) (*http.Response, error) { return f(q) }

func (r *requests) take() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	out := r.all
	r.all = nil
	return out
}

// env is one client, running, in a namespace of its own.
type env struct {
	*helmclient.Executor
	ns   string
	kube kubernetes.Interface
	reqs *requests
	stop func()

	asked bool
}

func start(t *testing.T, cfg *rest.Config, ns string, o helmclient.Options) *env {
	t.Helper()
	e := &env{ns: ns, reqs: &requests{}}
	o.REST = e.reqs.wrap(cfg)
	var err error
	e.Executor, err = helmclient.New(o)
	require.NoError(t, err)
	e.kube = kubernetes.NewForConfigOrDie(cfg)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- e.Run(ctx) }()
	e.stop = sync.OnceFunc(func() {
		cancel()
		require.NoError(t, <-done)
	})
	t.Cleanup(e.stop)
	for len(e.reqs.take()) > 0 || !e.asked { // until Run follows, each question is a request
		e.asked = true
		_, err := e.Status(t.Context(), "default", "none")
		require.ErrorIs(t, err, helmclient.ErrNotFound)
	}
	return e
}

func namespace(t *testing.T, cfg *rest.Config) string {
	t.Helper()
	kube := kubernetes.NewForConfigOrDie(cfg)
	ns, err := kube.CoreV1().Namespaces().Create(t.Context(), &corev1.Namespace{
		ObjectMeta: metav1.ObjectMeta{GenerateName: "helmclient-"}}, metav1.CreateOptions{})
	require.NoError(t, err)
	t.Cleanup(func() {
		_ = kube.CoreV1().Namespaces().Delete(context.Background(), ns.Name, metav1.DeleteOptions{})
	})
	return ns.Name
}

func chart(t *testing.T, files map[string]string) *helmclient.Chart {
	t.Helper()
	fsys := fstest.MapFS{}
	if _, ok := files["Chart.yaml"]; !ok {
		fsys["Chart.yaml"] = &fstest.MapFile{Data: []byte("apiVersion: v2\nname: demo\nversion: 1.0.0\n")}
	}
	for name, text := range files {
		fsys[name] = &fstest.MapFile{Data: []byte(text)}
	}
	c, err := helmclient.Load(fsys, helmclient.LoadOptions{Name: "demo"})
	require.NoError(t, err)
	return c
}

const configMap = `apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ .Release.Name }}-%s
data:
  color: {{ .Values.color | default "none" | quote }}
`

func simple(t *testing.T, names ...string) *helmclient.Chart {
	files := map[string]string{}
	for _, n := range names {
		files["templates/"+n+".yaml"] = fmt.Sprintf(configMap, n)
	}
	return chart(t, files)
}

func TestClusterLife(t *testing.T) {
	cfg := realCluster(t)
	ns := namespace(t, cfg)
	e := start(t, cfg, ns, helmclient.Options{Instance: "life"})
	r := helmclient.Request{Name: "web", Namespace: ns, Chart: simple(t, "one", "two"), Values: map[string]any{"color": "red"}, Labels: map[string]string{"team": "a"}}

	res, err := e.Apply(t.Context(), r)
	require.NoError(t, err)
	require.Equal(t, helmclient.Installed, res.Action)
	require.Equal(t, 1, res.Revision)
	require.Len(t, res.Changes, 2)
	cm, err := e.kube.CoreV1().ConfigMaps(ns).Get(t.Context(), "web-one", metav1.GetOptions{})
	require.NoError(t, err)
	require.Equal(t, "red", cm.Data["color"])
	require.Equal(t, map[string]string{"team": "a", "app.kubernetes.io/managed-by": "Helm"}, cm.Labels)

	t.Run("unchanged", func(t *testing.T) {
		e.reqs.take()
		res, err := e.Apply(t.Context(), r)
		require.NoError(t, err)
		require.Equal(t, helmclient.Skipped, res.Action)
		require.Empty(t, e.reqs.take())
	})
	t.Run("unchanged in a fresh process", func(t *testing.T) {
		f := start(t, cfg, ns, helmclient.Options{Instance: "life"})
		for range 3 {
			res, err := f.Apply(t.Context(), r)
			require.NoError(t, err)
			require.Equal(t, helmclient.Skipped, res.Action)
		}
		f.stop()
		var lists []string
		for _, q := range f.reqs.take() {
			if strings.HasSuffix(q, ns+"/secrets") {
				lists = append(lists, q)
			}
		}
		require.LessOrEqual(t, len(lists), 2, "one list and one watch: %v", lists)
	})
	t.Run("upgrade", func(t *testing.T) {
		up := r
		up.Values = map[string]any{"color": "blue"}
		e.reqs.take()
		res, err := e.Apply(t.Context(), up)
		require.NoError(t, err)
		require.Equal(t, helmclient.Upgraded, res.Action)
		require.Equal(t, 2, res.Revision)
		t.Log(e.reqs.take())
		st, err := e.Status(t.Context(), ns, "web")
		require.NoError(t, err)
		require.Equal(t, "deployed", st.State)
		require.True(t, st.Ours)
	})
	t.Run("prune", func(t *testing.T) {
		up := r
		up.Chart = simple(t, "one")
		res, err := e.Apply(t.Context(), up)
		require.NoError(t, err)
		require.Equal(t, helmclient.Upgraded, res.Action)
		_, err = e.kube.CoreV1().ConfigMaps(ns).Get(t.Context(), "web-two", metav1.GetOptions{})
		require.Error(t, err)
	})
	t.Run("delete", func(t *testing.T) {
		res, err := e.Delete(t.Context(), helmclient.DeleteRequest{Name: "web", Namespace: ns})
		require.NoError(t, err)
		require.Equal(t, helmclient.Deleted, res.Action)
		_, err = e.Status(t.Context(), ns, "web")
		require.ErrorIs(t, err, helmclient.ErrNotFound)
		list, err := e.kube.CoreV1().Secrets(ns).List(t.Context(), metav1.ListOptions{})
		require.NoError(t, err)
		require.Empty(t, list.Items)
	})
}

func TestClusterPublicCharts(t *testing.T) {
	cfg := realCluster(t)
	dir := os.Getenv("ADDONKIT_TEST_CHARTS")
	if dir == "" {
		t.Skip("needs public charts: set ADDONKIT_TEST_CHARTS to a folder of them")
	}
	for name, values := range map[string]map[string]any{
		"podinfo":            {"replicaCount": int64(2)},
		"metrics-server":     {"replicas": int64(2)},
		"kube-state-metrics": {"replicas": int64(2)},
		"sealed-secrets":     {"revisionHistoryLimit": int64(3)},
	} {
		t.Run(name, func(t *testing.T) {
			ns := namespace(t, cfg)
			e := start(t, cfg, ns, helmclient.Options{Instance: "charts"})
			c, err := helmclient.Load(os.DirFS(dir+"/"+name), helmclient.LoadOptions{})
			require.NoError(t, err)
			r := helmclient.Request{Name: name, Namespace: ns, Chart: c}
			begin := time.Now()
			res, err := e.Apply(t.Context(), r)
			require.NoError(t, err)
			require.Equal(t, helmclient.Installed, res.Action)
			t.Logf("installed %d objects in %s", len(res.Changes), time.Since(begin))

			res, err = e.Apply(t.Context(), r)
			require.NoError(t, err)
			require.Equal(t, helmclient.Skipped, res.Action, res.Reason)

			r.Values = maps.Clone(values)
			begin = time.Now()
			e.reqs.take()
			res, err = e.Apply(t.Context(), r)
			require.NoError(t, err)
			require.Equal(t, helmclient.Upgraded, res.Action)
			t.Logf("upgraded %v in %s", res.Changes, time.Since(begin))
			t.Log(e.reqs.take())

			begin = time.Now()
			_, err = e.Delete(t.Context(), helmclient.DeleteRequest{Name: name, Namespace: ns})
			require.NoError(t, err)
			t.Logf("deleted in %s", time.Since(begin))
		})
	}
}

func TestClusterConformance(t *testing.T) {
	cfg := realCluster(t)
	helmclienttest.TestClient(t, func(t *testing.T) helmclienttest.Subject {
		namespaces := [2]string{namespace(t, cfg), namespace(t, cfg)}
		look, err := dynamic.NewForConfig(cfg)
		require.NoError(t, err)
		configMaps := look.Resource(schema.GroupVersionResource{Version: "v1", Resource: "configmaps"})
		kube := kubernetes.NewForConfigOrDie(cfg)
		client := func(instance string) *env {
			return start(t, cfg, namespaces[0], helmclient.Options{Instance: instance})
		}
		return helmclienttest.Subject{
			Client:     client("suite"),
			Restart:    func() helmclient.Client { return client("suite") },
			Another:    func() helmclient.Client { return client("other") },
			Namespaces: namespaces,
			Object: func(_, ns, name string) *unstructured.Unstructured {
				o, err := configMaps.Namespace(ns).Get(t.Context(), name, metav1.GetOptions{})
				if apierrors.IsNotFound(err) {
					return nil
				}
				require.NoError(t, err)
				return o
			},
			Remove: func(_, ns, name string) {
				require.NoError(t, configMaps.Namespace(ns).Delete(t.Context(), name, metav1.DeleteOptions{}))
			},
			History: func(ns, name string) []string {
				secrets, err := kube.CoreV1().Secrets(ns).List(t.Context(), metav1.ListOptions{LabelSelector: "name=" + name})
				require.NoError(t, err)
				slices.SortFunc(secrets.Items, func(a, b corev1.Secret) int {
					x, _ := strconv.Atoi(a.Labels["version"])
					y, _ := strconv.Atoi(b.Labels["version"])
					return x - y
				})
				var out []string
				for _, s := range secrets.Items {
					out = append(out, s.Labels["status"])
				}
				return out
			},
			Interrupt: func(r helmclient.Request, another bool) {
				e := client(map[bool]string{false: "suite", true: "other"}[another])
				r.Repair = true
				r.Values = map[string]any{"color": "interrupted"}
				killAfter(t, e, 1, func(ctx context.Context) { _, _ = e.Apply(ctx, r) })
			},
		}
	})
}

// killAfter ends everything a client does before its n+1st write, as kill -9 would.
func killAfter(t *testing.T, e *env, n int, do func(context.Context)) (killed bool) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var mu sync.Mutex
	e.reqs.mu.Lock()
	e.reqs.hit = func(method, _ string) {
		mu.Lock()
		defer mu.Unlock()
		if method == "GET" {
			return
		}
		if n--; n < 0 {
			killed = true
			cancel()
		}
	}
	e.reqs.mu.Unlock()
	do(ctx)
	e.reqs.mu.Lock()
	e.reqs.hit = nil
	e.reqs.mu.Unlock()
	mu.Lock()
	defer mu.Unlock()
	return killed
}

// everything is a chart of ten objects with hooks, a definition and a custom resource.
func everything(t *testing.T) *helmclient.Chart {
	hook := func(event, weight, policy string) string {
		return `apiVersion: batch/v1
kind: Job
metadata:
  name: {{ .Release.Name }}-` + event + `
  annotations:
    helm.sh/hook: ` + event + `
    helm.sh/hook-weight: "` + weight + `"
    helm.sh/hook-delete-policy: ` + policy + `
spec:
  template:
    spec:
      restartPolicy: Never
      containers: [{name: main, image: busybox}]
`
	}
	files := map[string]string{
		"templates/pre-install.yaml":  hook("pre-install", "1", "hook-succeeded"),
		"templates/pre-upgrade.yaml":  hook("pre-upgrade", "1", "before-hook-creation,hook-succeeded"),
		"templates/post-upgrade.yaml": hook("post-upgrade", "1", "before-hook-creation,hook-succeeded"),
		"templates/pre-delete.yaml":   hook("pre-delete", "-1", "hook-succeeded"),
		"templates/post-delete.yaml":  hook("post-delete", "0", "before-hook-creation,hook-succeeded"),
		"crds/thing.yaml": `apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: things.helmclient.test}
spec:
  group: helmclient.test
  scope: Namespaced
  names: {kind: Thing, plural: things}
  versions:
  - name: v1
    served: true
    storage: true
    schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}
`,
		"templates/thing.yaml": `apiVersion: helmclient.test/v1
kind: Thing
metadata: {name: "{{ .Release.Name }}"}
spec: {color: "{{ .Values.color }}", list: [1, 2]}
`,
		"templates/deployment.yaml": `apiVersion: apps/v1
kind: Deployment
metadata: {name: "{{ .Release.Name }}"}
spec:
  replicas: 1
  selector: {matchLabels: {app: x}}
  template:
    metadata: {labels: {app: x}}
    spec:
      containers:
      - name: main
        image: busybox
        env: [{name: COLOR, value: "{{ .Values.color }}"}]
`,
	}
	for i := range 8 {
		n := strconv.Itoa(i)
		files["templates/"+n+".yaml"] = fmt.Sprintf(configMap, n)
	}
	return chart(t, files)
}

func TestClusterKill(t *testing.T) {
	cfg := realCluster(t)
	c := everything(t)
	request := func(ns, color string) helmclient.Request {
		return helmclient.Request{Name: "k", Namespace: ns, Chart: c, Values: map[string]any{"color": color}}
	}
	check := func(t *testing.T, e *env, color string) {
		t.Helper()
		list, err := e.kube.CoreV1().Secrets(e.ns).List(t.Context(), metav1.ListOptions{LabelSelector: "owner=helm"})
		require.NoError(t, err)
		deployed := 0
		for _, s := range list.Items {
			require.NotContains(t, s.Labels["status"], "ing", "no revision is left in flight")
			if s.Labels["status"] == "deployed" {
				deployed++
			}
		}
		require.Equal(t, 1, deployed)
		for i := range 8 {
			cm, err := e.kube.CoreV1().ConfigMaps(e.ns).Get(t.Context(), "k-"+strconv.Itoa(i), metav1.GetOptions{})
			require.NoError(t, err)
			require.Equal(t, color, cm.Data["color"])
		}
		d, err := e.kube.AppsV1().Deployments(e.ns).Get(t.Context(), "k", metav1.GetOptions{})
		require.NoError(t, err)
		require.Equal(t, color, d.Spec.Template.Spec.Containers[0].Env[0].Value)
		jobs, err := e.kube.BatchV1().Jobs(e.ns).List(t.Context(), metav1.ListOptions{})
		require.NoError(t, err)
		require.Empty(t, jobs.Items, "hooks that succeeded are deleted")
	}
	step := 7
	if os.Getenv("ADDONKIT_TEST_EVERY_WRITE") != "" {
		step = 1 // takes minutes, as each round runs jobs
	}
	start := func(t *testing.T, ns string) *env { return start(t, cfg, ns, helmclient.Options{Instance: "killed"}) }
	for n := 0; ; n += step {
		killed := false
		t.Run(fmt.Sprintf("install and upgrade, killed before write %d", n), func(t *testing.T) {
			ns := namespace(t, cfg)
			e := start(t, ns)
			killed = killAfter(t, e, n, func(ctx context.Context) { _, _ = e.Apply(ctx, request(ns, "red")) })
			e.stop()
			e = start(t, ns)
			_, err := e.Apply(t.Context(), request(ns, "red"))
			require.NoError(t, err)
			check(t, e, "red")

			again := killAfter(t, e, n, func(ctx context.Context) { _, _ = e.Apply(ctx, request(ns, "blue")) })
			e.stop()
			e = start(t, ns)
			_, err = e.Apply(t.Context(), request(ns, "blue"))
			require.NoError(t, err)
			check(t, e, "blue")

			thrice := killAfter(t, e, n, func(ctx context.Context) {
				_, _ = e.Delete(ctx, helmclient.DeleteRequest{Name: "k", Namespace: ns})
			})
			e.stop()
			e = start(t, ns)
			_, err = e.Delete(t.Context(), helmclient.DeleteRequest{Name: "k", Namespace: ns})
			require.NoError(t, err)
			for _, left := range leftovers(t, e) {
				t.Errorf("left behind: %s", left)
			}
			killed = killed || again || thrice
		})
		if !killed || t.Failed() {
			t.Logf("%d writes", n)
			return
		}
	}
}

func leftovers(t *testing.T, e *env) (out []string) {
	t.Helper()
	secrets, err := e.kube.CoreV1().Secrets(e.ns).List(t.Context(), metav1.ListOptions{})
	require.NoError(t, err)
	for _, o := range secrets.Items {
		out = append(out, "Secret/"+o.Name)
	}
	maps, err := e.kube.CoreV1().ConfigMaps(e.ns).List(t.Context(), metav1.ListOptions{})
	require.NoError(t, err)
	for _, o := range maps.Items {
		if o.Name != "kube-root-ca.crt" {
			out = append(out, "ConfigMap/"+o.Name)
		}
	}
	jobs, err := e.kube.BatchV1().Jobs(e.ns).List(t.Context(), metav1.ListOptions{})
	require.NoError(t, err)
	for _, o := range jobs.Items {
		out = append(out, "Job/"+o.Name)
	}
	return out
}

func TestClusterRefusals(t *testing.T) {
	cfg := realCluster(t)
	ns := namespace(t, cfg)
	e := start(t, cfg, ns, helmclient.Options{})
	refused := func(t *testing.T, r helmclient.Request, reason helmclient.Reason, says ...string) {
		t.Helper()
		_, err := e.Apply(t.Context(), r)
		var he *helmclient.Error
		require.ErrorAs(t, err, &he)
		require.Equal(t, reason, he.Reason, "%v", err)
		for _, s := range says {
			require.ErrorContains(t, err, s)
		}
	}
	t.Run("a misspelt field", func(t *testing.T) {
		refused(t, helmclient.Request{Name: "typo", Namespace: ns, Chart: chart(t, map[string]string{
			"templates/a.yaml": "apiVersion: v1\nkind: Service\nmetadata: {name: typo}\nspec: {prots: [{port: 1}], ports: [{port: 1}]}\n",
		})}, helmclient.ReasonInvalidObject, "Service/"+ns+"/typo", "prots")
	})
	t.Run("an unknown kind, before the first write", func(t *testing.T) {
		refused(t, helmclient.Request{Name: "unknown", Namespace: ns, Chart: chart(t, map[string]string{
			"templates/a.yaml": "apiVersion: nowhere.test/v1\nkind: Nothing\nmetadata: {name: x}\n",
		})}, helmclient.ReasonUnknownKind, "Nothing")
		_, err := e.Status(t.Context(), ns, "unknown")
		require.ErrorIs(t, err, helmclient.ErrNotFound)
	})
	t.Run("a Secret's content is not told", func(t *testing.T) {
		_, err := e.Apply(t.Context(), helmclient.Request{Name: "secret", Namespace: ns, Chart: chart(t, map[string]string{
			"templates/a.yaml": "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\ndata: {a: hunter2-is-no-base64}\n",
		})})
		require.ErrorContains(t, err, "Secret/"+ns+"/s")
		require.NotContains(t, err.Error(), "hunter2")
	})
	t.Run("a namespace that does not exist", func(t *testing.T) {
		r := helmclient.Request{Name: "web", Namespace: ns + "-none", Chart: simple(t, "one")}
		_, err := e.Apply(t.Context(), r)
		require.ErrorContains(t, err, ns+"-none")
		r.CreateNamespace = true
		t.Cleanup(func() {
			_ = e.kube.CoreV1().Namespaces().Delete(context.Background(), r.Namespace, metav1.DeleteOptions{})
		})
		_, err = e.Apply(t.Context(), r)
		require.NoError(t, err)
	})
	t.Run("an immutable field", func(t *testing.T) {
		job := func(image string) *helmclient.Chart {
			return chart(t, map[string]string{"templates/a.yaml": "apiVersion: batch/v1\nkind: Job\nmetadata: {name: j}\n" +
				"spec: {template: {spec: {restartPolicy: Never, containers: [{name: a, image: " + image + "}]}}}\n"})
		}
		r := helmclient.Request{Name: "job", Namespace: ns, Chart: job("one")}
		_, err := e.Apply(t.Context(), r)
		require.NoError(t, err)
		r.Chart = job("two")
		refused(t, r, helmclient.ReasonImmutable, "Job/"+ns+"/j")
		r.RecreateKinds = []string{"Job"}
		res, err := e.Apply(t.Context(), r)
		require.NoError(t, err)
		require.Equal(t, helmclient.Replaced, res.Changes[0].Verb)
		j, err := e.kube.BatchV1().Jobs(ns).Get(t.Context(), "j", metav1.GetOptions{})
		require.NoError(t, err)
		require.Equal(t, "two", j.Spec.Template.Spec.Containers[0].Image)
	})
}

func TestClusterKindsComeAndGo(t *testing.T) {
	cfg := realCluster(t)
	ns := namespace(t, cfg)
	e := start(t, cfg, ns, helmclient.Options{})
	c := chart(t, map[string]string{"templates/a.yaml": `apiVersion: v1
kind: ConfigMap
metadata: {name: seen}
data: {seen: "{{ .Capabilities.APIVersions.Has "fresh.test/v1/Fresh" }}"}
`})
	r := helmclient.Request{Name: "caps", Namespace: ns, Chart: c}
	res, err := e.Apply(t.Context(), r)
	require.NoError(t, err)
	require.Equal(t, helmclient.Installed, res.Action)

	look, err := dynamic.NewForConfig(cfg)
	require.NoError(t, err)
	crds := look.Resource(schema.GroupVersionResource{Group: "apiextensions.k8s.io", Version: "v1", Resource: "customresourcedefinitions"})
	crd := func(kind string) *unstructured.Unstructured {
		plural := strings.ToLower(kind) + "es"
		return &unstructured.Unstructured{Object: map[string]any{
			"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
			"metadata": map[string]any{"name": plural + ".fresh.test"},
			"spec": map[string]any{
				"group": "fresh.test", "scope": "Namespaced",
				"names": map[string]any{"kind": kind, "plural": plural},
				"versions": []any{map[string]any{"name": "v1", "served": true, "storage": true,
					"schema": map[string]any{"openAPIV3Schema": map[string]any{"type": "object"}}}},
			},
		}}
	}
	for _, kind := range []string{"Other", "Fresh"} {
		_, err = crds.Create(t.Context(), crd(kind), metav1.CreateOptions{})
		require.NoError(t, err)
		t.Cleanup(func() {
			_ = crds.Delete(context.Background(), strings.ToLower(kind)+"es.fresh.test", metav1.DeleteOptions{})
		})
	}
	require.Eventually(t, func() bool {
		_, err := e.Apply(t.Context(), r)
		require.NoError(t, err)
		cm, err := e.kube.CoreV1().ConfigMaps(ns).Get(t.Context(), "seen", metav1.GetOptions{})
		require.NoError(t, err)
		return cm.Data["seen"] == "true"
	}, 10*time.Second, 50*time.Millisecond)
	st, err := e.Status(t.Context(), ns, "caps")
	require.NoError(t, err)
	require.Equal(t, 2, st.Revision, "another kind is no reason for a revision")
	res, err = e.Apply(t.Context(), r)
	require.NoError(t, err)
	require.Equal(t, helmclient.Skipped, res.Action)
}

func TestClusterCRDs(t *testing.T) {
	cfg := realCluster(t)
	ns := namespace(t, cfg)
	e := start(t, cfg, ns, helmclient.Options{})
	crd := func(properties string) *helmclient.Chart {
		return chart(t, map[string]string{
			"crds/a.yaml": `apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: gadgets.helmclient.test}
spec:
  group: helmclient.test
  scope: Namespaced
  names: {kind: Gadget, plural: gadgets}
  versions:
  - {name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object, properties: {spec: {type: object, properties: {` + properties + `}}}}}}
`,
			"templates/g.yaml": "apiVersion: helmclient.test/v1\nkind: Gadget\nmetadata: {name: g}\nspec: {a: x}\n",
		})
	}
	look, err := dynamic.NewForConfig(cfg)
	require.NoError(t, err)
	crds := look.Resource(schema.GroupVersionResource{Group: "apiextensions.k8s.io", Version: "v1", Resource: "customresourcedefinitions"})
	t.Cleanup(func() { _ = crds.Delete(context.Background(), "gadgets.helmclient.test", metav1.DeleteOptions{}) })

	r := helmclient.Request{Name: "g", Namespace: ns, Chart: crd("a: {type: string}")}
	_, err = e.Apply(t.Context(), r)
	require.NoError(t, err)
	r.Chart = crd("a: {type: string}, b: {type: string}")
	res, err := e.Apply(t.Context(), r)
	require.NoError(t, err)
	require.Equal(t, "CustomResourceDefinition/gadgets.helmclient.test", res.Changes[0].Object.String())

	r.Chart = crd("a: {type: string}")
	_, err = e.Apply(t.Context(), r)
	var he *helmclient.Error
	require.ErrorAs(t, err, &he)
	require.Equal(t, helmclient.ReasonUnsafeCRD, he.Reason)
	require.ErrorContains(t, err, "v1.spec.b would go")
	st, err := e.Status(t.Context(), ns, "g")
	require.NoError(t, err)
	require.Equal(t, "deployed", st.State, "refused before the first write")

	r.CRDs = helmclient.CRDsReplace
	_, err = e.Apply(t.Context(), r)
	require.NoError(t, err)
}

func TestClusterRequests(t *testing.T) {
	cfg := realCluster(t)
	ns := namespace(t, cfg)
	files := map[string]string{}
	for i := range 50 {
		n := strconv.Itoa(i)
		files["templates/"+n+".yaml"] = fmt.Sprintf(strings.ReplaceAll(configMap, ".Values.color", ".Values.c"+n), n)
	}
	e := start(t, cfg, ns, helmclient.Options{})
	r := helmclient.Request{Name: "fifty", Namespace: ns, Chart: chart(t, files)}
	_, err := e.Apply(t.Context(), r)
	require.NoError(t, err)

	e.reqs.take()
	r.Values = map[string]any{"c7": "red"}
	_, err = e.Apply(t.Context(), r)
	require.NoError(t, err)
	all := e.reqs.take()
	count := func(method, part string) (n int) {
		for _, q := range all {
			if strings.HasPrefix(q, method) && strings.Contains(q, part) {
				n++
			}
		}
		return n
	}
	require.Equal(t, 1, count("GET", "/configmaps/"), all)
	require.Equal(t, 1, count("PATCH", "/configmaps/"), all)
	require.LessOrEqual(t, count("P", "/secrets"), 3, all)
	require.Equal(t, 0, count("GET", "/secrets?"), all)
	require.Len(t, all, 1+1+3+1, "and one read of the record that is upgraded: %v", all)
}

func TestClusterBlockedDeletion(t *testing.T) {
	cfg := realCluster(t)
	ns := namespace(t, cfg)
	e := start(t, cfg, ns, helmclient.Options{})
	r := helmclient.Request{Name: "web", Namespace: ns, Chart: chart(t, map[string]string{
		"templates/a.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: held, finalizers: [helmclient.test/hold]}\n",
		"templates/b.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: kept, annotations: {helm.sh/resource-policy: keep}}\n",
	})}
	_, err := e.Apply(t.Context(), r)
	require.NoError(t, err)
	del := helmclient.DeleteRequest{Name: "web", Namespace: ns, Timeout: 500 * time.Millisecond}
	_, err = e.Delete(t.Context(), del)
	var he *helmclient.Error
	require.ErrorAs(t, err, &he)
	require.Equal(t, "ConfigMap/"+ns+"/held", he.Object.String())
	require.Equal(t, helmclient.ReasonBlocked, he.Reason)
	require.ErrorContains(t, err, "helmclient.test/hold")
	st, err := e.Status(t.Context(), ns, "web")
	require.NoError(t, err)
	require.Equal(t, "uninstalling", st.State, "the record is kept")

	cm, err := e.kube.CoreV1().ConfigMaps(ns).Get(t.Context(), "held", metav1.GetOptions{})
	require.NoError(t, err)
	cm.Finalizers = nil
	_, err = e.kube.CoreV1().ConfigMaps(ns).Update(t.Context(), cm, metav1.UpdateOptions{})
	require.NoError(t, err)
	_, err = e.Delete(t.Context(), del)
	require.NoError(t, err)
	_, err = e.Status(t.Context(), ns, "web")
	require.ErrorIs(t, err, helmclient.ErrNotFound)
	_, err = e.kube.CoreV1().ConfigMaps(ns).Get(t.Context(), "kept", metav1.GetOptions{})
	require.NoError(t, err)

	// What was kept carries the release's name, so the next installation has it again.
	r.Chart = chart(t, map[string]string{"templates/b.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: kept}\ndata: {a: b}\n"})
	_, err = e.Apply(t.Context(), r)
	require.NoError(t, err)
}

func TestClusterDiff(t *testing.T) {
	cfg := realCluster(t)
	ns := namespace(t, cfg)
	e := start(t, cfg, ns, helmclient.Options{})
	c := func(extra string) *helmclient.Chart {
		return chart(t, map[string]string{
			"templates/cm.yaml":     fmt.Sprintf(configMap, "one"),
			"templates/secret.yaml": "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\nstringData: {password: '{{ .Values.color }}'}\n",
			"templates/svc.yaml":    "apiVersion: v1\nkind: Service\nmetadata: {name: svc}\nspec: {ports: [{port: 80}]}\n",
			"templates/extra.yaml":  "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: " + extra + "}\n",
		})
	}
	r := helmclient.Request{Name: "web", Namespace: ns, Chart: c("old"), Values: map[string]any{"color": "red"}}
	d, err := e.Diff(t.Context(), r)
	require.NoError(t, err)
	require.Equal(t, helmclient.Installed, d.Action)
	require.Len(t, d.Objects, 4)
	_, err = e.Status(t.Context(), ns, "web")
	require.ErrorIs(t, err, helmclient.ErrNotFound)

	_, err = e.Apply(t.Context(), r)
	require.NoError(t, err)
	d, err = e.Diff(t.Context(), r)
	require.NoError(t, err)
	require.Equal(t, helmclient.Diff{Action: helmclient.Skipped, Reason: "nothing changed"}, d)

	r.Chart, r.Values = c("new"), map[string]any{"color": "hunter2"}
	d, err = e.Diff(t.Context(), r)
	require.NoError(t, err)
	require.Equal(t, helmclient.Upgraded, d.Action)
	var said []string
	for _, o := range d.Objects {
		said = append(said, fmt.Sprint(o.Verb, " ", o.Object.Kind, " ", o.Object.Name, " ", o.Fields))
	}
	require.Equal(t, []string{
		"updated Secret s [/data/password]", "updated ConfigMap web-one [/data/color]", "created ConfigMap new []", "removed ConfigMap old []",
	}, sortedLike(said))
	require.Equal(t, "***", d.Objects[0].Fields[0].To)
	require.NotContains(t, fmt.Sprintf("%v %+v %#v", d, d, d.Objects), "hunter2")
}

// sortedLike puts updates before creations before removals, and Secrets first.
func sortedLike(said []string) []string {
	slices.SortStableFunc(said, func(a, b string) int {
		rank := func(s string) int {
			return slices.IndexFunc([]string{"updated Secret", "updated", "created", "removed"}, func(p string) bool { return strings.HasPrefix(s, p) })
		}
		return rank(a) - rank(b)
	})
	return said
}

func TestClusterChartTests(t *testing.T) {
	cfg := realCluster(t)
	ns := namespace(t, cfg)
	e := start(t, cfg, ns, helmclient.Options{})
	job := func(deadline string) *helmclient.Chart {
		return chart(t, map[string]string{"templates/test.yaml": `apiVersion: batch/v1
kind: Job
metadata: {name: try, annotations: {helm.sh/hook: test}}
spec:
  activeDeadlineSeconds: ` + deadline + `
  template: {spec: {restartPolicy: Never, containers: [{name: a, image: x}], nodeSelector: {none: "` + deadline + `"}}}
`})
	}
	r := helmclient.Request{Name: "web", Namespace: ns, Chart: job("1")}
	_, err := e.Apply(t.Context(), r)
	require.NoError(t, err)
	err = e.Test(t.Context(), ns, "web")
	var he *helmclient.Error
	require.ErrorAs(t, err, &he)
	require.Equal(t, helmclient.ReasonHookFailed, he.Reason)
	require.ErrorContains(t, err, "DeadlineExceeded")
	require.ErrorIs(t, e.Test(t.Context(), ns, "none"), helmclient.ErrNotFound)
}

func TestClusterDeadGroup(t *testing.T) {
	cfg := realCluster(t)
	ns := namespace(t, cfg)
	look, err := dynamic.NewForConfig(cfg)
	require.NoError(t, err)
	services := look.Resource(schema.GroupVersionResource{Group: "apiregistration.k8s.io", Version: "v1", Resource: "apiservices"})
	_, err = services.Create(t.Context(), &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "apiregistration.k8s.io/v1", "kind": "APIService", "metadata": map[string]any{"name": "v1.dead.test"},
		"spec": map[string]any{"group": "dead.test", "version": "v1", "groupPriorityMinimum": int64(100), "versionPriority": int64(100),
			"insecureSkipTLSVerify": true, "service": map[string]any{"name": "none", "namespace": ns}},
	}}, metav1.CreateOptions{})
	require.NoError(t, err)
	t.Cleanup(func() { _ = services.Delete(context.Background(), "v1.dead.test", metav1.DeleteOptions{}) })

	e := start(t, cfg, ns, helmclient.Options{})
	_, err = e.Apply(t.Context(), helmclient.Request{Name: "web", Namespace: ns, Chart: chart(t, map[string]string{
		"templates/a.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {v: '{{ .Capabilities.APIVersions.Has \"v1\" }}'}\n",
	})})
	require.NoError(t, err, "the other groups go on")

	r := helmclient.Request{Name: "dead", Namespace: ns, Chart: chart(t, map[string]string{
		"templates/a.yaml": "apiVersion: dead.test/v1\nkind: Thing\nmetadata: {name: a}\n",
	})}
	require.Eventually(t, func() bool { // until the aggregator has looked at it
		_, err := e.Apply(t.Context(), r)
		var he *helmclient.Error
		require.ErrorAs(t, err, &he)
		return he.Reason == helmclient.ReasonUnavailable && strings.Contains(err.Error(), "dead.test/v1")
	}, 20*time.Second, 500*time.Millisecond)
}

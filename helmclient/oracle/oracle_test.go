package oracle

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"helm.sh/helm/v3/pkg/action"
	"helm.sh/helm/v3/pkg/chart/loader"
	"helm.sh/helm/v3/pkg/release"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/addonkit/addonkit/helmclient"
	"github.com/addonkit/addonkit/helmclient/helmclienttest"
)

func cluster(t *testing.T) (*rest.Config, string) {
	path := os.Getenv("ADDONKIT_TEST_KUBECONFIG")
	if path == "" {
		t.Skip("needs a real API server: set ADDONKIT_TEST_KUBECONFIG to its kubeconfig")
	}
	cfg, err := clientcmd.BuildConfigFromFlags("", path)
	require.NoError(t, err)
	cfg.QPS = -1
	return cfg, path
}

func namespace(t *testing.T, cfg *rest.Config) string {
	kube := kubernetes.NewForConfigOrDie(cfg)
	ns, err := kube.CoreV1().Namespaces().Create(t.Context(), &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{GenerateName: "oracle-"}}, metav1.CreateOptions{})
	require.NoError(t, err)
	t.Cleanup(func() { _ = kube.CoreV1().Namespaces().Delete(context.Background(), ns.Name, metav1.DeleteOptions{}) })
	return ns.Name
}

func stock(t *testing.T, path, ns string) *action.Configuration {
	flags := genericclioptions.NewConfigFlags(true)
	flags.KubeConfig, flags.Namespace = &path, &ns
	cfg := new(action.Configuration)
	require.NoError(t, cfg.Init(flags, ns, "secret", func(string, ...any) {}))
	return cfg
}

func ours(t *testing.T, cfg *rest.Config) *helmclient.Executor {
	x, err := helmclient.New(helmclient.Options{REST: cfg, Instance: "oracle"})
	require.NoError(t, err)
	return x
}

func apply(t *testing.T, x *helmclient.Executor, r helmclient.Request, want helmclient.Action) {
	t.Helper()
	res, err := x.Apply(t.Context(), r)
	require.NoError(t, err)
	require.Equal(t, want, res.Action, res.Reason)
}

func TestStockReadsOurRecords(t *testing.T) {
	cfg, path := cluster(t)
	ns := namespace(t, cfg)
	x := ours(t, cfg)
	r := helmclient.Request{Name: "web", Namespace: ns, Chart: helmclienttest.ConfigMaps(t, "one", "two"), Values: map[string]any{"color": "red"}}
	apply(t, x, r, helmclient.Installed)
	r.Values = map[string]any{"color": "blue"}
	apply(t, x, r, helmclient.Upgraded)

	helm := stock(t, path, ns)
	all, err := action.NewList(helm).Run()
	require.NoError(t, err)
	require.Len(t, all, 1)
	require.Equal(t, release.StatusDeployed, all[0].Info.Status)
	hist, err := action.NewHistory(helm).Run("web")
	require.NoError(t, err)
	require.Len(t, hist, 2)
	vals, err := action.NewGetValues(helm).Run("web")
	require.NoError(t, err)
	require.Equal(t, map[string]any{"color": "blue"}, vals)

	rb := action.NewRollback(helm)
	rb.Version = 1
	require.NoError(t, rb.Run("web"))
	kube := kubernetes.NewForConfigOrDie(cfg)
	cm, err := kube.CoreV1().ConfigMaps(ns).Get(t.Context(), "web-one", metav1.GetOptions{})
	require.NoError(t, err)
	require.Equal(t, "red", cm.Data["color"])

	st, err := x.Status(t.Context(), ns, "web")
	require.NoError(t, err)
	require.False(t, st.Ours, "a rollback by hand is not ours")
	require.Equal(t, 3, st.Revision)
	apply(t, x, r, helmclient.Upgraded)
	cm, err = kube.CoreV1().ConfigMaps(ns).Get(t.Context(), "web-one", metav1.GetOptions{})
	require.NoError(t, err)
	require.Equal(t, "blue", cm.Data["color"])

	_, err = action.NewUninstall(helm).Run("web")
	require.NoError(t, err)
	apply(t, x, r, helmclient.Installed)
	_, err = x.Delete(t.Context(), helmclient.DeleteRequest{Name: "web", Namespace: ns})
	require.NoError(t, err)
}

// TestPublicChartsRenderAsStock compares manifests, hooks and notes for each chart and each file in its ci/.
// Charts whose stock renderings differ among themselves (random names and keys) are compared where they do not.
func TestPublicChartsRenderAsStock(t *testing.T) {
	cfg, path := cluster(t)
	dir := os.Getenv("ADDONKIT_TEST_CHARTS")
	if dir == "" {
		t.Skip("needs public charts: set ADDONKIT_TEST_CHARTS to a folder of them")
	}
	charts, err := filepath.Glob(dir + "/*/Chart.yaml")
	require.NoError(t, err)
	ns := namespace(t, cfg)
	helm, x := stock(t, path, ns), ours(t, cfg)
	for _, c := range charts {
		folder := filepath.Dir(c)
		files, _ := filepath.Glob(folder + "/ci/*.yaml")
		for _, file := range append(files, "") {
			t.Run(filepath.Base(folder)+"/"+filepath.Base(file), func(t *testing.T) {
				want, err := dryRun(t, helm, ns, folder, file)
				again, _ := dryRun(t, helm, ns, folder, file)
				oc, lerr := helmclient.Load(os.DirFS(folder), helmclient.LoadOptions{})
				require.NoError(t, lerr)
				got, rerr := x.Render(t.Context(), helmclient.Request{Name: "x", Namespace: ns, Chart: oc, Values: readValues(t, file)})
				require.NoError(t, rerr)
				if err != nil { // stock looks for kinds while it renders, ours when it applies
					_, aerr := x.Apply(t.Context(), helmclient.Request{Name: "x", Namespace: ns, Chart: oc, Values: readValues(t, file)})
					var e *helmclient.Error
					require.ErrorAs(t, aerr, &e, "stock: %v", err)
					require.Equal(t, helmclient.ReasonUnknownKind, e.Reason)
					return
				}
				var hooks []string
				for _, h := range got.Hooks {
					hooks = append(hooks, h.Manifest)
				}
				masked := same(t, "manifest", want.Manifest, again.Manifest, got.Manifest)
				masked += same(t, "hooks", hooksOf(want), hooksOf(again), strings.Join(hooks, "\n---\n"))
				masked += same(t, "notes", want.Info.Notes, again.Info.Notes, got.Notes)
				if masked > 0 {
					t.Logf("%d random lines masked", masked)
				}
			})
		}
	}
}

func dryRun(t *testing.T, helm *action.Configuration, ns, folder, file string) (*release.Release, error) {
	t.Helper()
	c, err := loader.Load(folder)
	require.NoError(t, err)
	in := action.NewInstall(helm)
	in.ReleaseName, in.Namespace, in.DryRun, in.DryRunOption = "x", ns, true, "server"
	return in.Run(c, readValues(t, file))
}

func hooksOf(r *release.Release) string {
	var out []string
	for _, h := range r.Hooks {
		out = append(out, h.Manifest)
	}
	return strings.Join(out, "\n---\n")
}

// same compares line by line, leaving out lines in which two stock renderings differ.
func same(t *testing.T, what, want, again, got string) (masked int) {
	t.Helper()
	a, b, c := strings.Split(want, "\n"), strings.Split(again, "\n"), strings.Split(got, "\n")
	if len(a) != len(b) || len(a) != len(c) {
		t.Errorf("%s: %d lines, want %d", what, len(c), len(a))
		return 0
	}
	for i := range a {
		if a[i] != b[i] {
			masked++
		} else if a[i] != c[i] {
			t.Errorf("%s line %d differs", what, i+1)
			return masked
		}
	}
	return masked
}

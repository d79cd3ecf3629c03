package oracle

import (
	"encoding/base64"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
	"helm.sh/helm/v3/pkg/action"
	"helm.sh/helm/v3/pkg/chart"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"

	"github.com/addonkit/addonkit/helmclient"
	"github.com/addonkit/addonkit/helmclient/helmclienttest"
)

// TestStockStopsAtALargeRelease installs 5 MiB and lets stock Helm try everything on it.
func TestStockStopsAtALargeRelease(t *testing.T) {
	cfg, path := cluster(t)
	ns := namespace(t, cfg)
	kube := kubernetes.NewForConfigOrDie(cfg)
	x := ours(t, cfg)
	files := map[string]string{}
	noise := make([]byte, 600<<10)
	src := rand.NewChaCha8([32]byte{2})
	for i := range 7 {
		_, _ = src.Read(noise)
		files[fmt.Sprintf("templates/%d.yaml", i)] = fmt.Sprintf("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: big-%d}\ndata: {noise: %s, color: '{{ .Values.color }}'}\n",
			i, base64.StdEncoding.EncodeToString(noise))
	}
	r := helmclient.Request{Name: "big", Namespace: ns, Chart: helmclienttest.Chart(t, files), Values: map[string]any{"color": "red"}}
	apply(t, x, r, helmclient.Installed)
	apply(t, x, r, helmclient.Skipped)
	r.Values = map[string]any{"color": "blue"}
	apply(t, x, r, helmclient.Upgraded)
	intact := func() {
		t.Helper()
		cms, err := kube.CoreV1().ConfigMaps(ns).List(t.Context(), metav1.ListOptions{LabelSelector: "app.kubernetes.io/managed-by=Helm"})
		require.NoError(t, err)
		require.Len(t, cms.Items, 7)
		for _, cm := range cms.Items {
			require.Equal(t, "blue", cm.Data["color"])
		}
	}
	intact()

	helm := stock(t, path, ns)
	all, err := action.NewList(helm).Run()
	require.NoError(t, err)
	require.Len(t, all, 1)
	hist, err := action.NewHistory(helm).Run("big")
	require.NoError(t, err)
	require.Len(t, hist, 2)

	up := action.NewUpgrade(helm)
	up.Namespace = ns
	_, err = up.Run("big", &chart.Chart{Metadata: &chart.Metadata{APIVersion: "v2", Name: "demo", Version: "1.0.0"}}, nil)
	t.Logf("upgrade: %v", err)
	require.Error(t, err)
	intact()

	_, err = action.NewUninstall(helm).Run("big")
	t.Logf("uninstall: %v", err)
	require.Error(t, err)
	intact()
	st, err := x.Status(t.Context(), ns, "big")
	require.NoError(t, err)
	t.Logf("after stock's uninstall: %s, ours %t", st.State, st.Ours)

	rb := action.NewRollback(helm)
	rb.Version = 1
	err = rb.Run("big")
	t.Logf("rollback: %v", err)
	require.Error(t, err)
	intact()
	st, err = x.Status(t.Context(), ns, "big")
	require.NoError(t, err)
	t.Logf("after stock's rollback: %s, ours %t", st.State, st.Ours)
}

package oracle

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"helm.sh/helm/v3/pkg/action"
	"helm.sh/helm/v3/pkg/chart"

	"github.com/addonkit/addonkit/helmclient"
	"github.com/addonkit/addonkit/helmclient/helmclienttest"
)

// TestUpgradeBesideStock upgrades a chart of one ConfigMap, interleaved with stock's default way (a
// configuration for each operation), and prints the medians. Time is told, not asserted.
func TestUpgradeBesideStock(t *testing.T) {
	cfg, path := cluster(t)
	ns := namespace(t, cfg)
	x := ours(t, cfg)
	const text = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: '{{ .Release.Name }}'}\ndata: {color: '{{ .Values.color }}'}\n"
	oc := helmclienttest.Chart(t, map[string]string{"templates/a.yaml": text})
	sc := &chart.Chart{Metadata: &chart.Metadata{APIVersion: "v2", Name: "demo", Version: "1.0.0"},
		Templates: []*chart.File{{Name: "templates/a.yaml", Data: []byte(text)}}}
	values := func(i int) map[string]any { return map[string]any{"color": fmt.Sprint(i)} }

	in := action.NewInstall(stock(t, path, ns))
	in.ReleaseName, in.Namespace = "stock", ns
	_, err := in.Run(sc, values(-1))
	require.NoError(t, err)
	r := helmclient.Request{Name: "ours", Namespace: ns, Chart: oc, Values: values(-1)}
	apply(t, x, r, helmclient.Installed)

	var mine, theirs []time.Duration
	for i := range 10 {
		start := time.Now()
		up := action.NewUpgrade(stock(t, path, ns))
		up.Namespace, up.MaxHistory = ns, 5
		_, err := up.Run("stock", sc, values(i))
		require.NoError(t, err)
		theirs = append(theirs, time.Since(start))

		start = time.Now()
		r.Values = values(i)
		apply(t, x, r, helmclient.Upgraded)
		mine = append(mine, time.Since(start))
	}
	report(t, "stock", theirs)
	report(t, "ours", mine)
}

func report(t *testing.T, who string, d []time.Duration) {
	t.Helper()
	slices.Sort(d)
	t.Logf("%-5s median %s, spread %s to %s", who, d[len(d)/2], d[0], d[len(d)-1])
}

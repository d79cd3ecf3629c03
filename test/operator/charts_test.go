package operator_test

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/addonkit/addonkit/addon"
	"github.com/addonkit/addonkit/test/cluster"
	"github.com/addonkit/addonkit/values"
)

const chartsEnv = "ADDONKIT_TEST_CHARTS"

// Every public chart runs unchanged as a flat module: it is installed,
// upgraded by a value and taken away, while an API group may be dead.
func TestPublicCharts(t *testing.T) {
	folder := os.Getenv(chartsEnv)
	if folder == "" {
		t.Skipf("%s names no folder of charts", chartsEnv)
	}
	found, err := filepath.Glob(filepath.Join(folder, "*", "Chart.yaml"))
	require.NoError(t, err)
	require.NotEmpty(t, found, "%s=%s holds no chart", chartsEnv, folder)

	var modules []addon.Module
	var names []string
	for _, file := range found {
		dir := filepath.Dir(file)
		name := filepath.Base(dir)
		names = append(names, name)
		modules = append(modules, addon.Module{Name: name, Chart: addon.Dir(dir), FlatValues: true})
	}
	// A chart may leave an API group behind that nobody serves, so these have a
	// control plane of their own.
	own, err := cluster.Start(t.Context(), cluster.Options{Progress: os.Stderr})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, own.Stop()) })
	w := newWorldOn(t, own)
	op, _ := w.start(w.options(modules...))
	w.ready(op)
	config := map[string]string{}
	for _, name := range names {
		w.phase(op, name, addon.Ready)
		s, _ := op.Module(name).Status()
		require.Equal(t, 1, s.Revision, name)
		key, err := values.Key(name)
		require.NoError(t, err)
		config[key] = "podAnnotations: {changed: 'yes'}"
	}

	w.configure(config)
	for _, name := range names {
		w.eventually(func() error {
			if s, _ := op.Module(name).Status(); s.Revision != 2 || s.Phase != addon.Ready {
				return fmt.Errorf("%s: revision %d, %s: %s", name, s.Revision, s.Phase, s.Message)
			}
			return nil
		})
	}

	for _, key := range slices.Collect(maps.Keys(config)) {
		config[key+"Enabled"] = "false"
	}
	w.configure(config)
	for _, name := range names {
		w.phase(op, name, addon.Disabled)
	}
	require.Empty(t, w.releases())
	deployments, err := w.kube.AppsV1().Deployments(w.namespace).List(t.Context(), metav1.ListOptions{})
	require.NoError(t, err)
	require.Empty(t, deployments.Items)
}

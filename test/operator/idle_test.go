package operator_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/addonkit/addonkit/test/audit"
)

// With 50 modules converged, a ConfigMap that is touched but says the same is
// no reason to do anything.
func TestTouchedConfigMapChangesNothing(t *testing.T) {
	w := newWorld(t)
	w.configure(map[string]string{"global": "region: north", "unit7": "size: 7"})
	op, _ := w.start(w.options(configMapModules(50)...))
	w.ready(op)
	before := w.releases()
	require.Len(t, before, 50)

	mark, err := shared.Audit().Mark(t.Context())
	require.NoError(t, err)
	maps := w.kube.CoreV1().ConfigMaps(w.namespace)
	cm, err := maps.Get(t.Context(), "addonkit", metav1.GetOptions{})
	require.NoError(t, err)
	cm.Annotations = map[string]string{"touched": "yes"}
	cm.Data["global"], cm.Data["unit7"] = "{region: 'north'}\n", "size:   7 # the same\n"
	cm, err = maps.Update(t.Context(), cm, metav1.UpdateOptions{})
	require.NoError(t, err)

	// A second change that does mean something tells when the first was seen.
	cm.Data["unit8"] = "size: 8"
	_, err = maps.Update(t.Context(), cm, metav1.UpdateOptions{})
	require.NoError(t, err)
	w.eventually(func() error {
		data, err := w.configMap("unit8")
		if err == nil && !strings.Contains(data["values"], `"size":8`) {
			err = fmt.Errorf("unit8 was not upgraded: %s", data["values"])
		}
		return err
	})
	w.phase(op, "unit8", "Ready")

	events, _, err := shared.Audit().Until(t.Context(), mark)
	require.NoError(t, err)
	for _, e := range events.Where(audit.Agent(w.agent), audit.Mutating) {
		require.Contains(t, e.Name, "unit8", "request for an unchanged module: %s", e)
	}
}

package operator_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os/exec"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"k8s.io/client-go/rest"
)

// killer is a proxy before the API server that kills the operator as soon as
// its n-th mutating request was carried out, before the answer reaches it.
type killer struct {
	*httptest.Server
	n      int64
	count  atomic.Int64
	victim atomic.Pointer[exec.Cmd]
	killed chan struct{}
}

func newKiller(t *testing.T, n int) *killer {
	target, err := url.Parse(shared.REST("proxy").Host)
	require.NoError(t, err)
	transport, err := rest.TransportFor(shared.REST("")) // the child's own User-Agent goes through
	require.NoError(t, err)
	k := &killer{n: int64(n), killed: make(chan struct{})}
	proxy := &httputil.ReverseProxy{
		Rewrite:       func(r *httputil.ProxyRequest) { r.SetURL(target) },
		Transport:     transport,
		FlushInterval: -1,
		ErrorHandler:  func(w http.ResponseWriter, _ *http.Request, _ error) { w.WriteHeader(http.StatusBadGateway) },
		ModifyResponse: func(r *http.Response) error {
			if r.Request.Method != http.MethodGet && k.count.Add(1) == k.n {
				_ = k.victim.Load().Process.Kill()
				close(k.killed)
				return fmt.Errorf("killed")
			}
			return nil
		},
	}
	k.Server = httptest.NewServer(proxy)
	t.Cleanup(k.Close)
	return k
}

// After kill -9 behind any of its writes an operator that starts again
// converges, and no release is left pending.
func TestKilledBehindAWrite(t *testing.T) {
	total := mutatingRequests(t)
	t.Logf("a first converge of %d modules takes %d mutating requests", killedModules, total)
	require.Greater(t, total, 10)
	for i := range 10 {
		n := 1 + i*(total-1)/9
		t.Run(fmt.Sprintf("n%d", n), func(t *testing.T) {
			w := newWorld(t)
			k := newKiller(t, n)
			victim, err := startChild(shared.Kubeconfig(), k.URL, w.namespace)
			require.NoError(t, err)
			k.victim.Store(victim)
			select {
			case <-k.killed:
			case <-time.After(patience):
				require.Fail(t, "the operator did not come to this write")
			}
			_ = victim.Wait()

			again, err := startChild(shared.Kubeconfig(), shared.REST("").Host, w.namespace)
			require.NoError(t, err)
			defer func() { _ = again.Process.Kill(); _ = again.Wait() }()
			w.eventually(func() error { return w.converged() })
		})
	}
}

// converged says what of the ten modules is not as it should be.
func (w *world) converged() error {
	states := w.releases()
	if len(states) != killedModules {
		return fmt.Errorf("%d releases of %d", len(states), killedModules)
	}
	for name, state := range states {
		if state != "deployed" {
			return fmt.Errorf("release %s is %s", name, state)
		}
		if data, err := w.configMap(name); err != nil || !strings.Contains(data["values"], `"size":1`) {
			return fmt.Errorf("module %s: %v %v", name, data, err)
		}
	}
	list, err := w.kube.CoreV1().Secrets(w.namespace).List(w.t.Context(), helmSecrets)
	if err != nil {
		return err
	}
	for _, s := range list.Items {
		if strings.HasPrefix(s.Labels["status"], "pending") {
			return fmt.Errorf("record %s is %s", s.Name, s.Labels["status"])
		}
	}
	return nil
}

// mutatingRequests counts those of an undisturbed first converge.
func mutatingRequests(t *testing.T) int {
	w := newWorld(t)
	k := newKiller(t, -1)
	op, err := startChild(shared.Kubeconfig(), k.URL, w.namespace)
	require.NoError(t, err)
	w.eventually(func() error { return w.converged() })
	_ = op.Process.Kill()
	_ = op.Wait()
	return int(k.count.Load())
}

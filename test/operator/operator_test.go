package operator_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/go-logr/logr"
	"github.com/go-logr/logr/testr"
	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"

	"github.com/addonkit/addonkit/addon"
	"github.com/addonkit/addonkit/queue"
	"github.com/addonkit/addonkit/test/cluster"
)

// patience bounds every wait; it is never a measure.
const patience = 2 * time.Minute

var helmSecrets = metav1.ListOptions{LabelSelector: "owner=helm"}

// world is a test's namespace and clients.
type world struct {
	t         *testing.T
	namespace string
	agent     string
	rest      *rest.Config
	kube      kubernetes.Interface
}

func newWorld(t *testing.T) *world { return newWorldOn(t, shared) }

func newWorldOn(t *testing.T, c *cluster.Cluster) *world {
	name := strings.ToLower(strings.NewReplacer("/", "-", "_", "-", " ", "-").Replace(t.Name()))
	if len(name) > 50 {
		name = name[:50]
	}
	name = strings.Trim(name, "-")
	w := &world{t: t, namespace: name, agent: "operator-" + name}
	w.rest = c.REST(w.agent)
	kube, err := kubernetes.NewForConfig(c.REST("test"))
	require.NoError(t, err)
	w.kube = kube
	_, err = kube.CoreV1().Namespaces().Create(t.Context(), &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name}}, metav1.CreateOptions{})
	require.NoError(t, err)
	t.Cleanup(func() {
		_ = kube.CoreV1().Namespaces().Delete(context.WithoutCancel(t.Context()), name, metav1.DeleteOptions{})
	})
	return w
}

// options are those of an operator in this world.
func (w *world) options(modules ...addon.Module) addon.Options {
	log := logr.Discard()
	if testing.Verbose() {
		log = testr.New(w.t)
	}
	return addon.Options{REST: w.rest, Namespace: w.namespace, Instance: w.namespace, Modules: modules, Log: log,
		Backoff: queue.Backoff{Initial: 200 * time.Millisecond, Max: time.Second}}
}

// start runs an operator until the test ends or stop is called.
func (w *world) start(o addon.Options) (op *addon.Operator, stop func()) {
	op, err := addon.New(o)
	require.NoError(w.t, err)
	ctx, cancel := context.WithCancel(w.t.Context())
	ended := make(chan error, 1)
	go func() { ended <- op.Run(ctx) }()
	stopped := false
	stop = func() {
		if stopped {
			return
		}
		stopped = true
		cancel()
		select {
		case err := <-ended:
			require.NoError(w.t, err)
		case <-time.After(patience):
			require.Fail(w.t, "Run did not return")
		}
	}
	w.t.Cleanup(stop)
	return op, stop
}

// eventually waits until check returns nil, and fails with what it said last.
func (w *world) eventually(check func() error) {
	w.t.Helper()
	deadline := time.After(patience)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		err := check()
		if err == nil {
			return
		}
		select {
		case <-deadline:
			require.NoError(w.t, err)
		case <-tick.C:
		}
	}
}

func (w *world) phase(op *addon.Operator, module string, want addon.Phase) {
	w.t.Helper()
	w.eventually(func() error {
		s, ok := op.Module(module).Status()
		if !ok || s.Phase != want {
			return fmt.Errorf("module %s is %s (%s), want %s", module, s.Phase, s.Message, want)
		}
		return nil
	})
}

func (w *world) ready(op *addon.Operator) {
	w.t.Helper()
	w.eventually(func() error { return op.Ready(w.t.Context()) })
}

// configure writes the operator's ConfigMap.
func (w *world) configure(data map[string]string) {
	w.t.Helper()
	maps := w.kube.CoreV1().ConfigMaps(w.namespace)
	cm := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "addonkit"}, Data: data}
	_, err := maps.Update(w.t.Context(), cm, metav1.UpdateOptions{})
	if apierrors.IsNotFound(err) {
		_, err = maps.Create(w.t.Context(), cm, metav1.CreateOptions{})
	}
	require.NoError(w.t, err)
}

func (w *world) configMap(name string) (map[string]string, error) {
	cm, err := w.kube.CoreV1().ConfigMaps(w.namespace).Get(w.t.Context(), name, metav1.GetOptions{})
	if err != nil {
		return nil, err
	}
	return cm.Data, nil
}

// releases are the states of the newest revisions by release.
func (w *world) releases() map[string]string {
	list, err := w.kube.CoreV1().Secrets(w.namespace).List(w.t.Context(), helmSecrets)
	require.NoError(w.t, err)
	states, newest := map[string]string{}, map[string]int{}
	for _, s := range list.Items {
		var revision int
		_, err := fmt.Sscan(s.Labels["version"], &revision)
		require.NoError(w.t, err)
		if name := s.Labels["name"]; revision > newest[name] {
			newest[name], states[name] = revision, s.Labels["status"]
		}
	}
	return states
}

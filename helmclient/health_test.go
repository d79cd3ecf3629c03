package helmclient_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	batchv1 "k8s.io/api/batch/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/addonkit/addonkit/helmclient"
	"github.com/addonkit/addonkit/helmclient/helmclienttest"
)

var jobs = schema.GroupVersionResource{Group: "batch", Version: "v1", Resource: "jobs"}

func TestHealth(t *testing.T) { synctest.Test(t, health) }

func health(t *testing.T) {
	f := newFakes()
	x := f.client(t, "a")
	c := helmclienttest.Chart(t, map[string]string{
		"templates/a.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n",
		"templates/j.yaml": "apiVersion: batch/v1\nkind: Job\nmetadata: {name: j}\n",
	})
	_, err := x.Apply(t.Context(), helmclient.Request{Name: "web", Namespace: "one", Chart: c})
	require.NoError(t, err)
	condition := func(kind batchv1.JobConditionType, reason string) {
		j, err := f.dynamic.Resource(jobs).Namespace("one").Get(t.Context(), "j", metav1.GetOptions{})
		require.NoError(t, err)
		require.NoError(t, unstructured.SetNestedSlice(j.Object, []any{map[string]any{
			"type": string(kind), "status": "True", "reason": reason, "message": "m"}}, "status", "conditions"))
		_, err = f.dynamic.Resource(jobs).Namespace("one").Update(t.Context(), j, metav1.UpdateOptions{})
		require.NoError(t, err)
	}

	seen := make(chan helmclient.Health, 10)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- x.WatchHealth(ctx, "one", "web", nil, func(h helmclient.Health) { seen <- h }) }()
	require.Equal(t, helmclient.Progressing, (<-seen).State)
	condition(batchv1.JobComplete, "")
	require.Equal(t, helmclient.Health{State: helmclient.Ready}, <-seen)
	condition(batchv1.JobFailed, "BackoffLimitExceeded")
	h := <-seen
	require.Equal(t, helmclient.Unhealthy, h.State)
	require.Equal(t, "Job/one/j", h.Objects[0].Object.String())
	require.Contains(t, h.Objects[0].Message, "BackoffLimitExceeded")
	cancel()
	require.NoError(t, <-ended)

	var notReady *helmclient.NotReadyError
	require.ErrorAs(t, helmclient.WaitReady(t.Context(), x, "one", "web"), &notReady)
	require.NoError(t, helmclient.WaitReady(t.Context(), x, "one", "web", helmclient.HealthRule{Kind: "Job", Ignore: true}))

	short, cancel := context.WithTimeoutCause(t.Context(), time.Minute, errors.New("too late"))
	defer cancel()
	err = helmclient.WaitReady(short, x, "one", "web", helmclient.HealthRule{Kind: "Job", Condition: "Ready"})
	require.ErrorAs(t, err, &notReady)
	require.ErrorContains(t, err, "waits for condition Ready")
	require.ErrorIs(t, helmclient.WaitReady(t.Context(), x, "one", "none"), helmclient.ErrNotFound)
}

func TestClusterHealth(t *testing.T) {
	cfg := realCluster(t)
	ns := namespace(t, cfg)
	e := start(t, cfg, ns, helmclient.Options{})
	c := chart(t, map[string]string{"templates/d.yaml": `apiVersion: apps/v1
kind: Deployment
metadata: {name: d}
spec:
  replicas: 3
  selector: {matchLabels: {app: d}}
  template: {metadata: {labels: {app: d}}, spec: {containers: [{name: a, image: x}]}}
`})
	begin := time.Now()
	_, err := e.Apply(t.Context(), helmclient.Request{Name: "web", Namespace: ns, Chart: c})
	require.NoError(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	require.NoError(t, helmclient.WaitReady(ctx, e, ns, "web"))
	t.Logf("three replicas available after %s", time.Since(begin))
}

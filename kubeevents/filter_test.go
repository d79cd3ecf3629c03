package kubeevents_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/addonkit/addonkit/kubeevents"
)

// podFields is a Pod for those who want two fields.
type podFields struct {
	Spec struct {
		NodeName string `json:"nodeName"`
	} `json:"spec"`
	Status struct {
		Phase string `json:"phase"`
	} `json:"status"`
}

type placed struct{ Node, Phase string }

func place(p *podFields) (placed, error) { return placed{p.Spec.NodeName, p.Status.Phase}, nil }

func TestPickDecodesAsTheConverterDoes(t *testing.T) {
	var pod corev1.Pod
	require.NoError(t, json.Unmarshal([]byte(`{
		"apiVersion": "v1", "kind": "Pod",
		"metadata": {"name": "web", "namespace": "a", "creationTimestamp": "2026-01-02T03:04:05Z", "generation": 3, "deletionGracePeriodSeconds": 30,
			"labels": {"a": "b"}, "ownerReferences": [{"apiVersion": "v1", "kind": "X", "name": "x", "uid": "1", "controller": true}]},
		"spec": {"nodeName": "n", "containers": [{"name": "c", "resources": {"limits": {"cpu": "100m", "memory": "1Gi"}},
			"livenessProbe": {"httpGet": {"port": "http"}}, "ports": [{"containerPort": 80, "protocol": "TCP"}]}], "priority": 5},
		"status": {"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}], "podIPs": [{"ip": "1.2.3.4"}]}}`), &pod))
	secret := corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: "s"}, Data: map[string][]byte{"k": []byte("v")}}

	content, err := runtime.DefaultUnstructuredConverter.ToUnstructured(&pod)
	require.NoError(t, err)
	got, err := kubeevents.Pick(func(p *corev1.Pod) (*corev1.Pod, error) { return p, nil }).Apply(&unstructured.Unstructured{Object: content})
	require.NoError(t, err)
	var want corev1.Pod
	require.NoError(t, runtime.DefaultUnstructuredConverter.FromUnstructured(content, &want))
	require.Equal(t, &want, got)

	content, err = runtime.DefaultUnstructuredConverter.ToUnstructured(&secret)
	require.NoError(t, err)
	got, err = kubeevents.Pick(func(s *corev1.Secret) (string, error) { return string(s.Data["k"]), nil }).Apply(&unstructured.Unstructured{Object: content})
	require.NoError(t, err)
	require.Equal(t, "v", got)
}

func TestPickRefusesAnotherForm(t *testing.T) {
	filter := kubeevents.Pick(place)
	_, err := filter.Apply(&unstructured.Unstructured{Object: map[string]any{"spec": map[string]any{"nodeName": int64(3)}}})
	require.ErrorContains(t, err, "podFields")
	got, err := filter.Apply(&unstructured.Unstructured{Object: map[string]any{"spec": nil}})
	require.NoError(t, err)
	require.Equal(t, placed{}, got)
}

func TestPickPassesTheObjectAsItIs(t *testing.T) {
	o := configMap("a", "one", nil)
	got, err := kubeevents.Pick(func(u *unstructured.Unstructured) (string, error) { return u.GetName(), nil }).Apply(o)
	require.NoError(t, err)
	require.Equal(t, "one", got)
}

func TestResults(t *testing.T) {
	s := kubeevents.NewSnapshot(
		kubeevents.Item{Namespace: "b", Name: "1", Result: placed{"n", "Running"}, HasResult: true},
		kubeevents.Item{Namespace: "a", Name: "2", Result: map[string]any{"Node": "m"}, HasResult: true},
		kubeevents.Item{Namespace: "c", Name: "3", Result: "text", HasResult: true},
		kubeevents.Item{Namespace: "d", Name: "4"},
	)
	var nodes []string
	var errs []string
	for result, err := range kubeevents.Results[placed](s) {
		if err != nil {
			errs = append(errs, err.Error())
			continue
		}
		nodes = append(nodes, result.Node)
	}
	require.Equal(t, []string{"m", "n"}, nodes)
	require.Equal(t, []string{"the result for c/3 is not a kubeevents_test.placed", "d/4 has no result: the query has no filter"}, errs)
}

func BenchmarkPick(b *testing.B) {
	object := podOf(0, 3800)
	filter := kubeevents.Pick(place)
	b.ReportAllocs()
	for b.Loop() {
		_, _ = filter.Apply(object)
	}
}

// podOf makes a Pod of about that many bytes of JSON.
func podOf(i, size int) *unstructured.Unstructured {
	u := &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "v1", "kind": "Pod",
		"metadata": map[string]any{"namespace": fmt.Sprint("ns-", i%50), "name": fmt.Sprint("pod-", i), "labels": map[string]any{"app": fmt.Sprint("app-", i%10)}},
		"spec":     map[string]any{"nodeName": fmt.Sprint("node-", i%100)},
		"status":   map[string]any{"phase": "Running", "podIP": fmt.Sprintf("10.0.%d.%d", i/250%250, i%250)},
	}}
	var env []any
	for n := 0; size > 400+n*75; n++ {
		env = append(env, map[string]any{"name": fmt.Sprint("VARIABLE_", n), "value": fmt.Sprint("a value of some length for pod ", i)})
	}
	u.Object["spec"].(map[string]any)["containers"] = []any{map[string]any{"name": "main", "env": env}}
	return u
}

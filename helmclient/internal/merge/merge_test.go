package merge

import (
	"testing"

	"github.com/stretchr/testify/require"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"
)

func object(t *testing.T, text string) *unstructured.Unstructured {
	t.Helper()
	data, err := yaml.YAMLToJSON([]byte(text))
	require.NoError(t, err)
	var o unstructured.Unstructured
	require.NoError(t, o.UnmarshalJSON(data))
	return &o
}

func TestThreeWay(t *testing.T) {
	const pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n"
	const thing = "apiVersion: x.test/v1\nkind: Thing\nmetadata: {name: p}\nspec:\n"
	for name, c := range map[string]struct {
		before     []string
		want, live string
		patch      string
		lists      bool
	}{
		"equal": {
			before: []string{pod + "  nodeName: a\n"}, want: pod + "  nodeName: a\n", live: pod + "  nodeName: a\n", patch: `{}`,
		},
		"drift is put right": {
			before: []string{thing + "  a: 1\n"}, want: thing + "  a: 1\n", live: thing + "  a: 2\n", patch: `{"spec":{"a":1}}`,
		},
		"what others set stays, what we set and no longer want goes": {
			before: []string{thing + "  a: 1\n  b: 1\n"}, want: thing + "  a: 1\n", live: thing + "  a: 1\n  b: 1\n  c: 1\n",
			patch: `{"spec":{"b":null}}`,
		},
		"a failed attempt's field goes as well": {
			before: []string{thing + "  a: 1\n", thing + "  a: 1\n  b: 1\n"}, want: thing + "  a: 1\n", live: thing + "  a: 1\n  b: 1\n",
			patch: `{"spec":{"b":null}}`,
		},
		"adopted: nothing is removed": {
			want: thing + "  a: 1\n", live: thing + "  b: 1\n", patch: `{"spec":{"a":1}}`,
		},
		"another's container stays in a built-in kind": {
			before: []string{pod + "  containers: [{name: a, image: x:1}]\n"}, want: pod + "  containers: [{name: a, image: x:2}]\n",
			live:  pod + "  containers: [{name: a, image: 'x:1'}, {name: sidecar, image: other}]\n",
			patch: `{"spec":{"containers":[{"image":"x:2","name":"a","resources":{}},{"image":"other","name":"sidecar","resources":{}}]}}`, lists: true,
		},
		"explicit zeros and other spellings are no difference": {
			want: pod + "  hostNetwork: false\n  containers: [{name: a, resources: {limits: {cpu: 1000m}}}]\n",
			live: pod + "  containers: [{name: a, resources: {limits: {cpu: '1'}}}]\n", patch: `{}`,
		},
		"a field that is not known here is not lost": {
			want: pod + "  futureField: 1\n", live: pod + "  nodeName: a\n", patch: `{"spec":{"futureField":1}}`,
		},
		"status and creation time are not ours": {
			want: "apiVersion: v1\nkind: Pod\nmetadata: {name: p, creationTimestamp: null}\nstatus: {phase: x}\n",
			live: "apiVersion: v1\nkind: Pod\nmetadata: {name: p, creationTimestamp: '2020-01-01T00:00:00Z'}\nstatus: {phase: Running}\n", patch: `{}`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			var before []map[string]any
			for _, b := range c.before {
				before = append(before, object(t, b).Object)
			}
			p, err := ThreeWay(before, object(t, c.want), object(t, c.live))
			require.NoError(t, err)
			require.JSONEq(t, c.patch, string(p.Data))
			require.Equal(t, c.lists, p.Lists)
			require.Equal(t, c.patch == `{}`, p.Empty())
		})
	}
}

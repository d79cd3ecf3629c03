package crd

import (
	"testing"

	"github.com/stretchr/testify/require"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"
)

func object(t *testing.T, text string) *unstructured.Unstructured {
	t.Helper()
	data, err := yaml.YAMLToJSON([]byte("apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\n" + text))
	require.NoError(t, err)
	var o unstructured.Unstructured
	require.NoError(t, o.UnmarshalJSON(data))
	return &o
}

func one(schema string) string {
	return "spec: {scope: Namespaced, versions: [{name: v1, served: true, schema: {openAPIV3Schema: " + schema + "}}]}\nstatus: {storedVersions: [v1]}\n"
}

func TestUnsafe(t *testing.T) {
	for name, c := range map[string]struct {
		live, want string
		says       []string
	}{
		"equal":          {one("{type: object}"), one("{type: object}"), nil},
		"new property":   {one("{type: object, properties: {a: {type: string}}}"), one("{type: object, properties: {a: {type: string}, b: {type: string}}}"), nil},
		"property goes":  {one("{type: object, properties: {a: {type: string}}}"), one("{type: object}"), []string{"v1.a would go"}},
		"kept unknown":   {one("{type: object, properties: {a: {type: string}}}"), one("{type: object, x-kubernetes-preserve-unknown-fields: true}"), nil},
		"other type":     {one("{properties: {a: {type: string}}}"), one("{properties: {a: {type: integer}}}"), []string{"v1.a would change its type from string to integer"}},
		"now required":   {one("{properties: {a: {}}}"), one("{properties: {a: {}}, required: [a]}"), []string{"v1 would require a"}},
		"fewer values":   {one("{properties: {a: {enum: [x, y]}}}"), one("{properties: {a: {enum: [x]}}}"), []string{"v1.a would allow fewer values"}},
		"more values":    {one("{properties: {a: {enum: [x]}}}"), one("{properties: {a: {enum: [x, y]}}}"), nil},
		"inside a list":  {one("{properties: {a: {items: {properties: {b: {}}}}}}"), one("{properties: {a: {items: {}}}}"), []string{"v1.a[].b would go"}},
		"inside a map":   {one("{additionalProperties: {type: string}}"), one("{additionalProperties: {type: integer}}"), []string{"v1{} would change its type from string to integer"}},
		"scope":          {"spec: {scope: Cluster}", "spec: {scope: Namespaced}", []string{"the scope would change from Cluster to Namespaced"}},
		"stored version": {one("{}"), "spec: {scope: Namespaced, versions: [{name: v2, served: true}]}", []string{"version v1 would go, but objects may be stored in it"}},
		"served version": {
			"spec: {versions: [{name: v1, served: true}, {name: v2, served: true}]}\nstatus: {storedVersions: [v2]}",
			"spec: {versions: [{name: v1, served: false}, {name: v2, served: true}]}", []string{"version v1 would no longer be served"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, c.says, Unsafe(object(t, c.live), object(t, c.want)))
		})
	}
}

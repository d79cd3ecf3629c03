package hooks_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/addonkit/addonkit/hooks"
)

const changeStream = `
operation: CreateIfNotExists
object: {apiVersion: v1, kind: ConfigMap, metadata: {name: c1, namespace: shop}, data: {k: v}}
---
operation: MergePatch
kind: Deployment
apiVersion: apps/v1
namespace: shop
name: api
mergePatch: {spec: {replicas: 2, paused: null}}
ignoreMissingObject: true
---
operation: JQPatch
kind: ConfigMap
namespace: shop
name: c1
jqFilter: '.data.k = "w"'
---
operation: JSONPatch
kind: Order
apiVersion: shop.example.com/v1
namespace: shop
name: o1
subresource: status
jsonPatch: [{op: remove, path: /status/old}, {op: add, path: /status/phase, value: Paid}]
ignoreHookError: true
---
operation: DeleteInBackground
kind: Job
apiVersion: batch/v1
namespace: shop
name: old
`

func changes() []hooks.Change {
	return []hooks.Change{
		{Operation: hooks.CreateIfNotExists, APIVersion: "v1", Kind: "ConfigMap", Namespace: "shop", Name: "c1", Object: map[string]any{
			"apiVersion": "v1", "kind": "ConfigMap", "metadata": map[string]any{"name": "c1", "namespace": "shop"}, "data": map[string]any{"k": "v"},
		}},
		{
			Operation: hooks.MergePatch, APIVersion: "apps/v1", Kind: "Deployment", Namespace: "shop", Name: "api", IgnoreMissingObject: true,
			MergePatch: map[string]any{"spec": map[string]any{"replicas": int64(2), "paused": nil}},
		},
		{Operation: hooks.JQPatch, Kind: "ConfigMap", Namespace: "shop", Name: "c1", JQFilter: `.data.k = "w"`},
		{
			Operation: hooks.JSONPatch, APIVersion: "shop.example.com/v1", Kind: "Order", Namespace: "shop", Name: "o1", Subresource: "status",
			IgnoreHookError: true, JSONPatch: []hooks.PatchOp{{Op: "remove", Path: "/status/old"}, {Op: "add", Path: "/status/phase", Value: "Paid"}},
		},
		{Operation: hooks.DeleteInBackground, APIVersion: "batch/v1", Kind: "Job", Namespace: "shop", Name: "old"},
	}
}

func TestParseChanges(t *testing.T) {
	got, err := hooks.ParseChanges([]byte(changeStream))
	require.NoError(t, err)
	require.Equal(t, changes(), got)
}

func TestChangesMarshalToWhatIsParsed(t *testing.T) {
	var stream []byte
	for _, c := range changes() {
		data, err := json.Marshal(c)
		require.NoError(t, err)
		stream = append(append(stream, data...), '\n')
	}
	got, err := hooks.ParseChanges(stream)
	require.NoError(t, err)
	require.Equal(t, changes(), got)
}

func TestParseChangesTakesTextAndLists(t *testing.T) {
	got, err := hooks.ParseChanges([]byte(`
[{"operation":"Delete","kind":"Pod","name":"a"},{"operation":"MergePatch","kind":"Pod","name":"a","mergePatch":"{\"a\": 1}","ignoreMissingObjects":true}]
{"operation":"CreateOrUpdate","object":"apiVersion: v1\nkind: Namespace\nmetadata: {name: x}"}
---
operation: JSONPatch
kind: Pod
name: a
jsonPatch: '[{"op":"move","path":"/b","from":"/a"}]'
`))
	require.NoError(t, err)
	require.Equal(t, []hooks.Change{
		{Operation: hooks.Delete, Kind: "Pod", Name: "a"},
		{Operation: hooks.MergePatch, Kind: "Pod", Name: "a", MergePatch: map[string]any{"a": int64(1)}, IgnoreMissingObject: true},
		{Operation: hooks.CreateOrUpdate, APIVersion: "v1", Kind: "Namespace", Name: "x", Object: map[string]any{
			"apiVersion": "v1", "kind": "Namespace", "metadata": map[string]any{"name": "x"},
		}},
		{Operation: hooks.JSONPatch, Kind: "Pod", Name: "a", JSONPatch: []hooks.PatchOp{{Op: "move", Path: "/b", From: "/a"}}},
	}, got)

	none, err := hooks.ParseChanges([]byte("\n---\n# nothing\n---\n"))
	require.NoError(t, err)
	require.Empty(t, none)
}

func TestParseChangesRefuses(t *testing.T) {
	for stream, want := range map[string]string{
		`{"operation":"Delete"`: "cut off",
		"\xff":                  "UTF-8",
		`{"operation":"Explode","kind":"Pod","name":"a"}`: `document 1.operation: unknown operation "Explode"`,
		`{"operation":"Deleet","kind":"Pod","name":"a"}`:  `did you mean "Delete"?`,
		`{"kind":"Pod"}`: "document 1.operation: is required",
		`{"operation":"Delete","kind":"Pod","name":"a","now":true}`:                             "document 1.now: unknown field",
		`{"operation":"Delete","name":"a"}`:                                                     "document 1.kind: is required",
		`[{"operation":"Delete","kind":"Pod"}]`:                                                 "document 1[0].name: is required",
		`{"operation":"Create"}`:                                                                "document 1.object: is required by Create",
		`{"operation":"Create","object":{"kind":"Pod","metadata":{"name":1}}}`:                  "document 1.object.apiVersion: is required",
		`{"operation":"Create","name":"b","object":{"metadata":{"name":"c"}}}`:                  `document 1.name: is "b", but that of the object is "c"`,
		`{"operation":"Delete","kind":"Pod","name":"a","object":{}}`:                            "document 1.object: does not belong to Delete",
		`{"operation":"JQPatch","kind":"Pod","name":"a","jqFilter":".a |"}`:                     "document 1.jqFilter: ",
		`{"operation":"JSONPatch","kind":"P","name":"a","jsonPatch":[]}`:                        "document 1.jsonPatch: is required",
		`{"operation":"JSONPatch","kind":"P","name":"a","jsonPatch":[{"op":"add","path":"a"}]}`: "value: is required by add",
		`{"operation":"MergePatch","kind":"P","name":"a","mergePatch":"[1]"}`:                   "holds no map",
		`"text"`: "document 1: must be a map, is a string",
	} {
		_, err := hooks.ParseChanges([]byte(stream))
		require.ErrorContains(t, err, want, stream)
	}
}

func TestGeneratedNamesAreForCreateOnly(t *testing.T) {
	c := hooks.Change{Operation: hooks.Create, APIVersion: "v1", Kind: "Pod", Object: map[string]any{"metadata": map[string]any{"generateName": "x-"}}}
	require.NoError(t, c.Validate())
	c.Operation = hooks.CreateOrUpdate
	require.ErrorContains(t, c.Validate(), "object.name: is required")
}

func TestParseMetrics(t *testing.T) {
	num := func(f float64) *float64 { return &f }
	got, err := hooks.ParseMetrics([]byte(`
{"name":"shop_orders","action":"set","value":7,"labels":{"state":"new"},"group":"orders"}
{"name":"{PREFIX}runs","add":0.5}
[{"name":"shop_seconds","action":"observe","value":0.4,"buckets":[0.1,1,5]}]
{"group":"orders","action":"expire"}`))
	require.NoError(t, err)
	require.Equal(t, []hooks.Metric{
		{Name: "shop_orders", Action: hooks.MetricSet, Value: num(7), Labels: map[string]string{"state": "new"}, Group: "orders"},
		{Name: "{PREFIX}runs", Action: hooks.MetricAdd, Value: num(0.5)},
		{Name: "shop_seconds", Action: hooks.MetricObserve, Value: num(0.4), Buckets: []float64{0.1, 1, 5}},
		{Group: "orders", Action: hooks.MetricExpire},
	}, got)

	for stream, want := range map[string]string{
		`{"name":"a","action":"set"}`:                                       "document 1.value: is required by set",
		`{"name":"a","action":"add","value":-1}`:                            "a counter cannot go down",
		`{"name":"a","action":"ad","value":1}`:                              `did you mean "add"?`,
		`{"name":"a","add":1,"set":1}`:                                      "document 1.add: is an old form",
		`{"action":"set","value":1}`:                                        "document 1.name: is required",
		`{"name":"a","action":"observe","value":1}`:                         "document 1.buckets: is required",
		`{"name":"a","action":"observe","value":1,"buckets":[2,1]}`:         "must ascend",
		`{"action":"expire"}`:                                               "document 1.group: is required by expire",
		`{"name":"a","action":"set","value":1,"labels":{"x":1}}`:            "document 1.labels.x: must be a string",
		`{"name":"a","action":"set","value":"1"}`:                           "document 1.value: must be a number",
		`{"name":"a","action":"set","value":1}` + "\n" + `{"name":"b","act`: "JSON document 2 is cut off",
		`{"name":"a","action":"set","value":1,"lables":{}}`:                 `did you mean "labels"?`,
	} {
		_, err := hooks.ParseMetrics([]byte(stream))
		require.ErrorContains(t, err, want, stream)
	}
}

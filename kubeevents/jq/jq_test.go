package jq_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/addonkit/addonkit/kubeevents/jq"
)

func object() *unstructured.Unstructured {
	return &unstructured.Unstructured{Object: map[string]any{
		"metadata": map[string]any{"name": "web", "generation": int64(3), "labels": map[string]any{"app": "web"}},
		"spec":     map[string]any{"replicas": int64(2), "weight": 0.5, "ports": []any{int64(80), int64(443)}, "password": "hunter2"},
	}}
}

func TestOutputs(t *testing.T) {
	for program, want := range map[string]any{
		".metadata.name":                         "web",
		".nothing":                               nil,
		"empty":                                  nil,
		".spec.ports[]":                          []any{int64(80), int64(443)},
		"[.spec.ports[] | . + 1]":                []any{int64(81), int64(444)},
		"{n: .metadata.name, r: .spec.replicas}": map[string]any{"n": "web", "r": int64(2)},
		".spec.replicas * 2":                     int64(4),
		".spec.weight":                           0.5,
		".metadata.generation == 3":              true,
		".spec.replicas | tostring":              "2",
		"$ENV | length":                          int64(0),
		"1, halt, 2":                             int64(1),
		".metadata.labels.app // \"none\"":       "web",
	} {
		t.Run(program, func(t *testing.T) {
			filter, err := jq.Compile(program)
			require.NoError(t, err)
			o := object()
			got, err := filter.Apply(o)
			require.NoError(t, err)
			require.Equal(t, want, got)
			require.Equal(t, object(), o, "the object is left as it was")
		})
	}
}

func TestLargeIntegers(t *testing.T) {
	filter, err := jq.Compile("9223372036854775807 + 1")
	require.NoError(t, err)
	got, err := filter.Apply(object())
	require.NoError(t, err)
	require.Equal(t, json.Number("9223372036854775808"), got)
}

func TestBadPrograms(t *testing.T) {
	for program, want := range map[string]string{
		".a |":       "line 1: unexpected EOF",
		".a\n| .b)":  "line 2: unexpected token",
		"nosuch(.a)": "function not defined: nosuch/1",
		"input":      "",
		"$x":         "variable not defined: $x",
	} {
		_, err := jq.Compile(program)
		require.ErrorContains(t, err, want, program)
	}
}

func TestErrorsConcealValues(t *testing.T) {
	for program, want := range map[string]string{
		".spec.password + 1":                                    "jq: cannot add",
		".spec.password[]":                                      "jq: cannot iterate over",
		"error(.spec.password)":                                 "jq: the program raised an error",
		".spec.password | tonumber":                             "jq: tonumber cannot be applied",
		".spec.password | .[.]":                                 "jq: expected an object but got",
		"{(.spec): 1}":                                          "jq: expected a string for object key but got",
		".spec.password | halt_error":                           "jq: the program raised an error",
		".spec.password | fromjson":                             "jq: fromjson cannot be applied",
		".spec.password | test(\"(\")":                          "",
		".spec.password | strptime(\"%Y\")":                     "",
		".spec.password | ltrimstr(1) | has(\"x\")":             "",
		"[.spec.password] | implode":                            "",
		".spec | join(\",\")":                                   "",
		"[.spec.password] | .[\"a\"]":                           "",
		".spec.password as [$a] | $a":                           "",
		"[.spec.password,{}] | min_by(.[0])":                    "",
		"label $f | .spec.password | setpath([\"hunter2\"]; 1)": "",
		".spec.password * {}":                                   "",
	} {
		filter, err := jq.Compile(program)
		require.NoError(t, err, program)
		_, err = filter.Apply(object())
		require.Error(t, err, program)
		require.NotContains(t, err.Error(), "hunter2", program)
		if want != "" {
			require.EqualError(t, err, want, program)
		}
	}
}

func TestEndlessProgramEnds(t *testing.T) {
	filter, err := jq.Compile("def f: f; f")
	require.NoError(t, err)
	_, err = filter.Apply(object())
	require.ErrorIs(t, err, jq.ErrTooLong)
}

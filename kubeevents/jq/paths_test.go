package jq

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/addonkit/addonkit/kubeevents"
)

// Plain programs mean the same with and without the interpreter, errors included.
func TestPlainProgramsMeanTheSame(t *testing.T) {
	object := map[string]any{
		"a": map[string]any{"b": int64(1), "c d": "x", "null": nil, "no": false, "list": []any{int64(1)}},
		"s": "text", "n": int64(7), "f": 1.5, "big": int64(1) << 60,
	}
	paths := []string{
		".", ".a", ".a.b", ".a.b.c", ".a.b.c?", ".a[\"c d\"]", ".\"a\"", ".a.\"c d\"", ".s.x", ".none.none", ".n.x?", ".a.no",
		".a.null", ".a.list", ".a | .b", "(.a).b", ".a?.b", "null", "\"const\"", ".[\"a\"].b", ".[\"a\"][\"b\"]?", ".a.list.x?",
	}
	programs := append([]string{"{}", "{a}", "{\"a\": .n}", "{a: .n, a: .s}", "{x: {y: .a.b}}", "{\"a b\": .s}", "{a: .a | .b}"}, paths...)
	for _, left := range paths {
		for _, right := range paths {
			programs = append(programs,
				fmt.Sprintf("%s // %s", left, right), fmt.Sprintf("{l: (%s), r: (%s)}", left, right), fmt.Sprintf("%s | %s", left, right))
		}
	}
	plain := 0
	for _, program := range programs {
		compiled, err := Compile(program)
		require.NoError(t, err, program)
		f := compiled.(*filter)
		if f.plain != nil {
			plain++
		}
		want, wantErr := f.interpret(object)
		got, err := f.Apply(&unstructured.Unstructured{Object: object})
		require.Equal(t, wantErr, err, program)
		require.Equal(t, want, got, program)
	}
	require.Equal(t, len(programs), plain, "all of these are plain")
}

func TestOthersAreNotPlain(t *testing.T) {
	for _, program := range []string{
		".a[]", ".a[0]", ".a[1:2]", "..", "{(.a): 1}", ". as $x | {$x}", "\"\\(.a)\"", "def f: .a; f", ".a as $x | $x", "[.a]", ".a, .b", "1", "-1", "{a: 1}",
		"@base64", ".a | length", "if .a then .b else .c end", "try .a", ".a = 1", "empty",
	} {
		compiled, err := Compile(program)
		require.NoError(t, err, program)
		require.Nil(t, compiled.(*filter).plain, program)
	}
}

var sink any

func BenchmarkTwoFields(b *testing.B) {
	object := pod()
	for name, program := range map[string]string{
		"plain":      "{node: .spec.nodeName, phase: .status.phase}",
		"conditions": "{node: .spec.nodeName, ready: (.status.conditions[] | select(.type == \"Ready\") | .status)}",
	} {
		compiled, err := Compile(program)
		require.NoError(b, err)
		for how, apply := range map[string]func(*unstructured.Unstructured) (any, error){
			"apply":     compiled.Apply,
			"interpret": func(u *unstructured.Unstructured) (any, error) { return compiled.(*filter).interpret(u.Object) },
		} {
			b.Run(name+"/"+how, func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					sink, _ = apply(object)
				}
			})
		}
	}
}

var _ kubeevents.Keyed = (*filter)(nil)

// pod is an object of about 3.8 KB.
func pod() *unstructured.Unstructured {
	env, conditions := []any{}, []any{}
	for i := range 25 {
		env = append(env, map[string]any{"name": fmt.Sprint("VARIABLE_", i), "value": "some value of usual length"})
	}
	for _, kind := range []string{"Initialized", "Ready", "ContainersReady", "PodScheduled"} {
		conditions = append(conditions, map[string]any{"type": kind, "status": "True", "lastTransitionTime": "2026-01-01T00:00:00Z"})
	}
	return &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "v1", "kind": "Pod",
		"metadata": map[string]any{"name": "web-0", "namespace": "default", "labels": map[string]any{"app": "web"}, "generation": int64(1)},
		"spec": map[string]any{"nodeName": "node-1", "containers": []any{
			map[string]any{"name": "web", "image": "example.com/web:1", "env": env, "ports": []any{map[string]any{"containerPort": int64(8080)}}},
			map[string]any{"name": "sidecar", "image": "example.com/sidecar:1", "env": env[:10], "ports": []any{map[string]any{"containerPort": int64(8081)}}},
		}},
		"status": map[string]any{"phase": "Running", "conditions": conditions, "podIP": "10.0.0.1"},
	}}
}

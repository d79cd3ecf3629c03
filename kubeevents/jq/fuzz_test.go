package jq

import (
	"testing"

	"github.com/stretchr/testify/require"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// No program makes a filter panic, run for ever, or mean something else by the shorter way.
func FuzzFilter(f *testing.F) {
	for _, program := range []string{
		".metadata.name", "{a: .spec.nodeName, b: (.x // .status.phase)}", ".spec.containers[] | .name", ".a?.b // \"x\"",
		"[.. | numbers] | add", ".metadata | to_entries", ".spec.containers[0].env | map(select(.name == \"A\")) | length", "{(.kind): 1}",
	} {
		f.Add(program)
	}
	object := pod()
	f.Fuzz(func(t *testing.T, program string) {
		compiled, err := Compile(program)
		if err != nil {
			t.Skip()
		}
		filter := compiled.(*filter)
		if filter.plain == nil {
			_, _ = filter.interpretWithin(object.Object, 100_000)
			return
		}
		want, wantErr := filter.interpretWithin(object.Object, 100_000)
		got, err := filter.Apply(&unstructured.Unstructured{Object: object.Object})
		require.Equal(t, wantErr, err)
		require.Equal(t, want, got)
	})
}

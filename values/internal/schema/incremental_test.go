package schema

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/addonkit/addonkit/values/internal/tree"
)

// Ten thousand edits of one tree: what is found with the help of earlier proofs is what
// is found in a copy that has none.
func TestIncrementalValidationEqualsFull(t *testing.T) {
	n := compileOne(t, `
type: object
x-kubernetes-validations: [{rule: "!has(self.a) || type(self.a) != int || self.a < 4", message: m}]
properties:
  a: {type: integer, maximum: 5}
  b: {type: object, x-required-for-helm: c, properties: {c: {type: string}, d: {oneOf: [{type: integer}, {minimum: 2}]}}}
  wide:
    type: object
    additionalProperties: false
    patternProperties: {'^k[0-9]*[02468]$': {type: object, additionalProperties: true, properties: {v: {type: integer, minimum: 1}}}, '^k': {}}
  list: {type: array, maxItems: 250, items: {type: object, required: [v], properties: {v: {type: integer}, again: {$ref: '#/properties/list'}}}}
  any: {anyOf: [{type: object, required: [v], additionalProperties: {minimum: 1}}, {type: array, uniqueItems: true}], not: {type: string}, additionalProperties: true}
`)
	r := rand.New(rand.NewPCG(7, 7))
	v := tree.EmptyMap()
	leaf := func() tree.Value {
		return []tree.Value{tree.NewInt(int64(r.IntN(7))), tree.NewString("s"), tree.EmptyMap(), tree.NewList(nil),
			tree.NewMap([]tree.Entry{{Key: "v", Value: tree.NewInt(int64(r.IntN(3)))}})}[r.IntN(5)]
	}
	good, wrong, right := v, 0, 0
	const edits = 10_000
	for i := range edits {
		var path []string
		switch r.IntN(6) {
		case 0:
			path = []string{[]string{"a", "b", "any", "a", "other"}[r.IntN(5)]}
		case 1:
			path = []string{"b", []string{"c", "d"}[r.IntN(2)]}
		case 2, 3:
			path = []string{"wide", fmt.Sprint("k", r.IntN(300)), "v"}[:2+r.IntN(2)]
		case 4:
			path = []string{"list", []string{"-", "0", "5"}[r.IntN(3)]}
		default:
			path = []string{"any", []string{"v", "w"}[r.IntN(2)]}
		}
		var next tree.Value
		var err error
		if r.IntN(3) == 0 {
			next, err = v.Remove(path)
		} else {
			next, err = v.Add(path, leaf(), true)
		}
		if err != nil {
			continue
		}
		fresh, err := tree.Of(next.Any())
		require.NoError(t, err)
		for _, helm := range []bool{false, true} {
			want := n.Validate(fresh, tree.Value{}, "", helm)
			require.Equal(t, want, n.Validate(next, v, "", helm), "edit %d at %v", i, path)
			if len(want) == 0 {
				right++
			}
		}
		if len(n.Validate(next, v, "", false)) == 0 {
			v, good = next, next
		} else if wrong++; wrong%4 == 0 {
			v = good // else go on from what is wrong, for a while
		} else {
			v = next
		}
	}
	require.Greater(t, right, edits/20)
}

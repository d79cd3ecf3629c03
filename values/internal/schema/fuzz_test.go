package schema

import (
	"testing"

	"github.com/addonkit/addonkit/values/internal/tree"
)

// FuzzSchema compiles schemas and asks what compiles about values.
func FuzzSchema(f *testing.F) {
	f.Add([]byte("{type: object, properties: {a: {type: integer, minimum: 1, default: 2}}, required: [a]}"), []byte("{a: 1}"))
	f.Add([]byte("{definitions: {d: {$ref: '#/definitions/e'}, e: {items: {$ref: '#'}}}, properties: {a: {$ref: '#/definitions/d'}}}"), []byte("{a: [{a: []}]}"))
	f.Add([]byte("{additionalProperties: {pattern: '^(a+)+$', format: ipv4}, patternProperties: {'x.*': {not: {}}}}"), []byte("{a: aaaaaaaaaaaaaaaaaaaaaaaaab}"))
	f.Add([]byte("{x-kubernetes-validations: [{rule: 'self.a.all(x, x > 1) && oldSelf.a.size() > 0'}], additionalProperties: true}"), []byte("{a: [1, 2]}"))
	f.Add([]byte("{anyOf: [{oneOf: [{}, {}]}, {allOf: [{x-sensitive: true}]}], multipleOf: 0.3, enum: [1], nullable: true, x-required-for-helm: b}"), []byte("1e300"))
	f.Fuzz(func(t *testing.T, schema, values []byte) {
		set, err := Compile(File{Name: "config-values.yaml", Data: schema}, File{Name: "values.yaml", Data: []byte("{x-extend: {schema: config-values.yaml}}")})
		if err != nil || set.Config == nil {
			return
		}
		v, _, err := tree.ParseYAML(values)
		if err != nil {
			return
		}
		filled, err := set.Values.Fill(v, nil)
		if err != nil {
			return
		}
		first := set.Values.Validate(filled, v, "", true)
		if again := set.Values.Validate(filled, v, "", true); len(again) != len(first) {
			t.Fatalf("asked twice: %v, then %v", first, again)
		}
		set.Config.Validate(v, tree.Value{}, "", false)
		set.Values.Mask(filled)
		set.Config.Describe()
	})
}

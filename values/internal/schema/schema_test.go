package schema

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/addonkit/addonkit/internal/nearest"
	"github.com/addonkit/addonkit/values/internal/tree"
)

func compileOne(t *testing.T, yaml string) *Node {
	t.Helper()
	set, err := Compile(File{}, File{Name: "values.yaml", Data: []byte(yaml)})
	require.NoError(t, err)
	return set.Values
}

func parse(t *testing.T, yaml string) tree.Value {
	t.Helper()
	v, _, err := tree.ParseYAML([]byte(yaml))
	require.NoError(t, err)
	return v
}

// Each line of found is "pointer rule".
func found(n *Node, v, old tree.Value, helm bool) []string {
	out := []string{}
	for _, f := range n.Validate(v, old, "", helm) {
		out = append(out, strings.TrimSpace(f.Pointer+" "+f.Rule))
	}
	return out
}

func TestKeywords(t *testing.T) {
	for _, tc := range []struct {
		schema string
		good   []string
		bad    map[string]string
	}{
		{"type: object", []string{"{}"}, map[string]string{"[]": "type", "{a: 1}": "/a additionalProperties", "null": "type"}},
		{"{type: object, additionalProperties: true}", []string{"{a: 1}"}, nil},
		{"{type: object, additionalProperties: {type: string}}", []string{"{a: x}"}, map[string]string{"{a: 1}": "/a type"}},
		{"{type: object, nullable: true}", []string{"null", "{}"}, map[string]string{"1": "type"}},
		{"{type: [object, string]}", []string{"x", "{}"}, map[string]string{"1": "type"}},
		{"{properties: {a: {type: integer}}}", []string{"{a: 1}", "{a: 1.0}", "{a: 12345678901234567890}"}, map[string]string{"{a: 1.5}": "/a type", "{a: '1'}": "/a type", "{b: 1}": "/b additionalProperties"}},
		{"{properties: {a: {minimum: 1, maximum: 3}}}", []string{"{a: 1}", "{a: 3.0}", "{a: text}"}, map[string]string{"{a: 0}": "/a minimum", "{a: 3.0001}": "/a maximum", "{a: 1e500}": "/a minimum"}},
		{"{properties: {a: {minimum: 1, exclusiveMinimum: true}, b: {exclusiveMaximum: 3}}}", []string{"{a: 1.1, b: 2.9}"}, map[string]string{"{a: 1}": "/a minimum", "{b: 3}": "/b maximum"}},
		{"{properties: {a: {multipleOf: 0.1}}}", []string{"{a: 0.3}"}, map[string]string{"{a: 0.35}": "/a multipleOf"}},
		{"{properties: {a: {minLength: 2, maxLength: 3}}}", []string{"{a: äö}", "{a: 1}"}, map[string]string{"{a: x}": "/a minLength", "{a: xxxx}": "/a maxLength"}},
		{"{properties: {a: {pattern: '^[a-z]+$'}}}", []string{"{a: x}"}, map[string]string{"{a: X}": "/a pattern"}},
		{"{properties: {a: {enum: [1, x, {k: v}], additionalProperties: true}}}", []string{"{a: 1}", "{a: 1.0}", "{a: {k: v}}"}, map[string]string{"{a: 2}": "/a enum"}},
		{"{properties: {a: {items: {type: integer}, minItems: 1, maxItems: 2, uniqueItems: true}}}", []string{"{a: [1]}"},
			map[string]string{"{a: []}": "/a minItems", "{a: [1, 2, 3]}": "/a maxItems", "{a: [1, 1]}": "/a/1 uniqueItems", "{a: [x]}": "/a/0 type"}},
		{"{properties: {a: {items: {properties: {b: {}}}}}}", []string{"{a: [{b: 1}]}"}, map[string]string{"{a: [{c: 1}]}": "/a/0/c additionalProperties"}},
		{"{minProperties: 1, maxProperties: 1, additionalProperties: true}", []string{"{a: 1}"}, map[string]string{"{}": "minProperties", "{a: 1, b: 1}": "maxProperties"}},
		{"{required: [a], properties: {a: {}}}", []string{"{a: null}"}, map[string]string{"{}": "/a required"}},
		{"{patternProperties: {'^x-': {type: integer}}}", []string{"{x-a: 1}"}, map[string]string{"{x-a: t}": "/x-a type", "{z: 1}": "/z additionalProperties"}},
		{"{properties: {a: {anyOf: [{type: string}, {type: integer}]}}}", []string{"{a: 1}", "{a: x}"}, map[string]string{"{a: 1.5}": "/a anyOf"}},
		{"{properties: {a: {oneOf: [{type: number}, {type: integer}]}}}", []string{"{a: 1.5}"}, map[string]string{"{a: 1}": "/a oneOf", "{a: x}": "/a oneOf"}},
		{"{properties: {a: {allOf: [{minimum: 1}, {maximum: 2}]}}}", []string{"{a: 1}"}, map[string]string{"{a: 3}": "/a maximum"}},
		{"{properties: {a: {not: {type: string}}}}", []string{"{a: 1}"}, map[string]string{"{a: x}": "/a not"}},
		{"{properties: {a: {format: ipv4}, b: {format: date-time}, c: {format: odd}, d: {format: int32}}}", []string{"{a: 10.0.0.1, b: '2026-01-02T03:04:05Z', c: x, d: 1}"},
			map[string]string{"{a: x}": "/a format", "{b: '2026-01-02'}": "/b format", "{d: 3000000000}": "/d format"}},
		{"{definitions: {port: {type: integer, maximum: 9}}, properties: {a: {$ref: '#/definitions/port'}}}", []string{"{a: 1}"}, map[string]string{"{a: 10}": "/a maximum"}},
		{"{properties: {a: {type: object, properties: {next: {$ref: '#/properties/a'}}}}}", []string{"{a: {next: {next: {}}}}"}, map[string]string{"{a: {next: {other: 1}}}": "/a/next/other additionalProperties"}},
		{"{x-base: &b {type: integer}, properties: {a: *b, c: {<<: *b, minimum: 3}}}", []string{"{a: 1, c: 3}"}, map[string]string{"{c: 2}": "/c minimum"}},
	} {
		n := compileOne(t, tc.schema)
		for _, doc := range tc.good {
			require.Empty(t, found(n, parse(t, doc), tree.Value{}, false), "%s\n%s", tc.schema, doc)
		}
		for doc, want := range tc.bad {
			require.Equal(t, []string{want}, found(n, parse(t, doc), tree.Value{}, false), "%s\n%s", tc.schema, doc)
		}
	}
}

func TestMalformedSchemasAreNamed(t *testing.T) {
	for schema, want := range map[string]string{
		"[]": "must be a YAML map", "{type: 5}": "#/type", "{type: nothing}": "#/type", "{properties: []}": "#/properties", "{properties: {a: 1}}": "#/properties/a must be a schema",
		"{properties: {a: {pattern: '('}}}": "#/properties/a/pattern", "{properties: {a: {pattern: '((x{1000}){1000}){10}'}}}": "#/properties/a/pattern",
		"{properties: {a: {pattern: '" + strings.Repeat("x{1000}", 100) + "'}}}": "costly", "{properties: {a: {minLength: -1}}}": "#/properties/a/minLength", "{required: {a: b}}": "#/required",
		"{properties: {a: {$ref: 'http://example.com/x'}}}": "another file", "{properties: {a: {$ref: '/etc/passwd'}}}": "another file", "{properties: {a: {$ref: '#/x'}}}": "does not exist",
		"{properties: {a: {$ref: '#/properties/a'}}}": "leads back to itself", "{properties: {a: {allOf: [{$ref: '#/properties/a'}]}}}": "refers to itself",
		"{x-extend: {schema: config-values.yaml}}": "does not exist beside it", "{allOf: {}}": "#/allOf", "a: [": "not YAML", "{multipleOf: 0}": "#/multipleOf",
		"{x-kubernetes-validations: [{rule: '1 +'}]}": "#/x-kubernetes-validations/0", "{x-kubernetes-validations: [{rule: 'self.a', message: 5}]}": "", "{x-deckhouse-validations: [{expression: 'true'}]}": "message",
		"{x-kubernetes-validations: [{rule: '1 + 1'}]}": "type int", "{x-kubernetes-validations: [{}]}": "rule",
	} {
		_, err := Compile(File{}, File{Name: "openapi/values.yaml", Data: []byte(schema)})
		if want == "" {
			continue
		}
		require.ErrorContains(t, err, want, schema)
		require.ErrorContains(t, err, "openapi/values.yaml")
	}
}

func TestExtend(t *testing.T) {
	set, err := Compile(
		File{Name: "config-values.yaml", Data: []byte("{title: Parent, required: [a], definitions: {d: {type: integer}}, properties: {a: {type: string}, b: {type: string}, c: {$ref: '#/definitions/d'}}, additionalProperties: true}")},
		File{Name: "values.yaml", Data: []byte("{x-extend: {schema: config-values.yaml}, required: [b], properties: {b: {type: integer}, e: {$ref: '#/definitions/d'}}}")})
	require.NoError(t, err)
	require.Equal(t, "Parent", set.Values.Title)
	require.Empty(t, found(set.Values, parse(t, "{a: x, b: 1, c: 1, e: 2}"), tree.Value{}, false))
	require.Equal(t, []string{"/a required", "/b type", "/c type", "/x additionalProperties"}, sorted(found(set.Values, parse(t, "{b: x, c: x, x: 1}"), tree.Value{}, false)))
	require.Empty(t, found(set.Config, parse(t, "{a: x, x: 1}"), tree.Value{}, false))
	v := set.Values.Validate(parse(t, "{a: 1, b: 1}"), tree.Value{}, "/m", false)[0]
	require.Equal(t, Violation{"/m/a", "config-values.yaml", "/properties/a/type", "type", "must be of type string, and is number"}, v)
}

func TestRequiredForHelm(t *testing.T) {
	n := compileOne(t, "{properties: {a: {x-required-for-helm: [p, q], properties: {p: {}, q: {}}}, b: {properties: {c: {x-required-for-helm: r, properties: {r: {}}}}}}}")
	v := parse(t, "{a: {p: 1}, b: {c: {}}}")
	require.Empty(t, found(n, v, tree.Value{}, false))
	require.Equal(t, []string{"/a/q x-required-for-helm", "/b/c/r x-required-for-helm"}, sorted(found(n, v, tree.Value{}, true)), "although the other role found it right")
	require.Empty(t, found(n, parse(t, "{}"), tree.Value{}, true), "what is below an absent map is not asked for")
}

func TestFill(t *testing.T) {
	n := compileOne(t, `
properties:
  a: {default: 1}
  b: {properties: {c: {default: 2}}}
  d: {default: {}, properties: {e: {default: [1]}}}
  f: {items: {properties: {g: {default: x}}}}
  h: {anyOf: [{default: 5}]}
`)
	for doc, want := range map[string]string{
		"{}":                   `{"a":1,"d":{"e":[1]}}`,
		"{b: {}}":              `{"a":1,"b":{"c":2},"d":{"e":[1]}}`,
		"{a: null, d: 3}":      `{"a":null,"d":3}`,
		"{f: [{}, {g: z}, 1]}": `{"a":1,"d":{"e":[1]},"f":[{"g":"x"},{"g":"z"},1]}`,
	} {
		v, err := n.Fill(parse(t, doc), &tree.Origin{Source: "s"})
		require.NoError(t, err)
		require.Equal(t, want, string(v.JSON()))
		again, err := n.Fill(v, nil)
		require.NoError(t, err)
		require.True(t, again.Same(v), "nothing to fill changes nothing")
	}
	endless := compileOne(t, "{properties: {a: {default: {}, properties: {l: {$ref: '#/properties/a'}, r: {$ref: '#/properties/a'}}}}}")
	_, err := endless.Fill(parse(t, "{}"), nil)
	require.ErrorIs(t, err, ErrEndlessDefaults)
}

func TestRules(t *testing.T) {
	n := compileOne(t, `
type: object
x-deckhouse-validations:
- {expression: "self.replicas / 2.0 < 5.0", message: too many}
- {expression: "self.missing > 1", message: never seen}
x-kubernetes-validations:
- {rule: "!has(self.frozen) || self.frozen == oldSelf.frozen", message: frozen cannot change}
- {rule: "!oldSelf.hasValue() || self.gen >= oldSelf.value().gen", optionalOldSelf: true, message: gen cannot sink}
properties:
  replicas: {type: integer, default: 1}
  gen: {type: integer}
  frozen: {type: string}
  ports:
    items:
      x-kubernetes-validations: [{rule: "self.from <= self.to", message: from must not exceed to}]
      properties: {from: {type: integer}, to: {type: integer}}
  byName:
    additionalProperties:
      type: integer
      x-kubernetes-validations: [{rule: "self >= oldSelf", message: cannot sink}]
`)
	check := func(doc, old string) []string {
		var before tree.Value
		if old != "" {
			before = parse(t, old)
		}
		var messages []string
		for _, f := range n.Validate(parse(t, doc), before, "/m", false) {
			messages = append(messages, f.Pointer+" "+f.Message+" "+f.Schema)
		}
		return messages
	}
	require.Empty(t, check("{replicas: 3, gen: 1}", ""))
	require.Equal(t, []string{"/m too many /x-deckhouse-validations/0"}, check("{replicas: 10, gen: 1}", ""))
	require.Equal(t, []string{"/m/ports/1 from must not exceed to /properties/ports/items/x-kubernetes-validations/0"}, check("{replicas: 1, gen: 1, ports: [{from: 1, to: 1}, {from: 2, to: 1}]}", ""))
	require.Equal(t, []string{"/m frozen cannot change /x-kubernetes-validations/0"}, check("{replicas: 1, gen: 1, frozen: b}", "{replicas: 1, gen: 1, frozen: a}"))
	require.Equal(t, []string{"/m gen cannot sink /x-kubernetes-validations/1"}, check("{replicas: 1, gen: 1}", "{replicas: 1, gen: 2}"))
	require.Equal(t, []string{"/m/byName/a cannot sink /properties/byName/additionalProperties/x-kubernetes-validations/0"}, check("{replicas: 1, gen: 1, byName: {a: 1, new: 0}}", "{replicas: 1, gen: 1, byName: {a: 2, gone: 9}}"))
	require.Contains(t, check("{replicas: 1}", "{gen: 1}")[0], "no such key")
}

// A container that was found right is not asked again, but for its old value.
func TestProofsDoNotHideTransitions(t *testing.T) {
	n := compileOne(t, `{properties: {a: {additionalProperties: true, x-kubernetes-validations: [{rule: "self.x >= oldSelf.x", message: m}]}}}`)
	low, high := parse(t, "{a: {x: 1}}"), parse(t, "{a: {x: 2}}")
	require.Empty(t, found(n, low, tree.Value{}, false))
	require.Empty(t, found(n, high, low, false))
	require.Equal(t, []string{"/a x-kubernetes-validations"}, found(n, low, high, false))
	require.Empty(t, found(n, low, low, false))
}

func TestNoValueInMessages(t *testing.T) {
	n := compileOne(t, `
properties:
  a: {type: integer, enum: [1]}
  b: {pattern: '^x$', format: ipv4, maxLength: 1, not: {type: string}}
  c: {x-kubernetes-validations: [{rule: "int(self) > 1"}, {rule: "self.startsWith('x')", messageExpression: "'bad ' + self"}]}
`)
	all := n.Validate(parse(t, "{a: SECRET, b: SECRET, c: SECRET}"), tree.Value{}, "", false)
	require.GreaterOrEqual(t, len(all), 5)
	for _, f := range all {
		require.NotContains(t, f.Message, "SECRET")
	}
}

func TestNearestName(t *testing.T) {
	for name, want := range map[string]string{"replica": "replicas", "Replicas": "replicas", "hsot": "host", "x": "", "completely": ""} {
		require.Equal(t, want, nearest.Name(name, []string{"host", "replicas", "y"}))
	}
}

func sorted(s []string) []string {
	slices.Sort(s)
	return s
}

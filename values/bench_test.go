package values

import (
	"bytes"
	"crypto/md5"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"testing"

	jsonpatch "github.com/evanphx/json-patch"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/require"
)

// The section of these benchmarks: about 1 MiB in 2,000 services, with a schema for all.
const benchSchema = `
type: object
required: [services]
properties:
  services:
    type: object
    additionalProperties: false
    patternProperties:
      '^svc-[0-9]+$':
        type: object
        required: [name, port, labels, notes]
        properties:
          name: {type: string, pattern: '^[a-z0-9-]+$'}
          port: {type: integer, minimum: 1, maximum: 65535}
          labels: {type: object, additionalProperties: {type: string, maxLength: 63}}
          notes: {type: array, items: {type: string, maxLength: 400}}
`

func benchDocument() map[string]any {
	services := map[string]any{}
	for i := range 2000 {
		name := fmt.Sprintf("svc-%04d", i)
		services[name] = map[string]any{
			"name": name, "port": 1000 + i,
			"labels": map[string]any{"app": name, "tier": "front", "zone": fmt.Sprint("zone-", i%7)},
			"notes":  []any{strings.Repeat("a note about it ", 12), strings.Repeat("and another one ", 10)},
		}
	}
	return map[string]any{"services": services}
}

func benchStore(b testing.TB) *Store {
	b.Helper()
	static, err := json.Marshal(map[string]any{"m": benchDocument()})
	require.NoError(b, err)
	s := NewStore(Options{})
	require.NoError(b, s.SetSection("m", Spec{
		Static: []File{{Name: "values.yaml", Data: static}},
		Schema: File{Name: "openapi/values.yaml", Data: []byte(benchSchema)},
	}))
	require.NoError(b, s.CheckRender("m"))
	return s
}

// oneOperation is the whole of what follows a hook that sets one value: patch, validation,
// commit, view, digest and the bytes of its section, with provenance.
func oneOperation(b testing.TB, s *Store, i int) {
	p, err := s.Prepare(Change{Section: "m", Source: "hook", Memory: Patch{{Op: "add", Path: "/m/services/svc-0777/port", Value: 1000 + i%5000}}})
	if err == nil {
		_, err = p.Commit()
	}
	if err != nil {
		b.Fatal(err)
	}
	view := s.View()
	if view.Digest() == "" {
		b.Fatal("no digest")
	}
	section, _ := view.At("/m")
	_, _ = io.Discard.Write(section.JSON())
}

func BenchmarkOneOperation(b *testing.B) {
	b.Run("addonkit", func(b *testing.B) {
		s := benchStore(b)
		oneOperation(b, s, 4999)
		b.ReportAllocs()
		b.SetBytes(int64(len(s.View().JSON())))
		for i := 0; b.Loop(); i++ {
			oneOperation(b, s, i)
		}
	})
	b.Run("stock", func(b *testing.B) {
		doc := map[string]any{"m": benchDocument()}
		encoded, err := json.Marshal(doc)
		require.NoError(b, err)
		validator := stockValidator(b)
		b.ReportAllocs()
		b.SetBytes(int64(len(encoded)))
		for i := 0; b.Loop(); i++ {
			stockOperation(b, doc, validator, i)
		}
	})
}

func stockValidator(b testing.TB) *jsonschema.Schema {
	b.Helper()
	v, err := ParseView(File{Name: "schema", Data: []byte(benchSchema)})
	require.NoError(b, err)
	plain, err := jsonschema.UnmarshalJSON(bytes.NewReader(v.JSON()))
	require.NoError(b, err)
	c := jsonschema.NewCompiler()
	require.NoError(b, c.AddResource("schema.json", plain))
	return c.MustCompile("schema.json")
}

// stockOperation does the same with plain maps: encode, patch, decode, validate, and
// encode again for the checksum.
func stockOperation(b testing.TB, doc map[string]any, validator *jsonschema.Schema, i int) {
	patch, err := jsonpatch.DecodePatch(fmt.Appendf(nil, `[{"op":"add","path":"/m/services/svc-0777/port","value":%d}]`, 1000+i%5000))
	require.NoError(b, err)
	before, err := json.Marshal(doc)
	require.NoError(b, err)
	after, err := patch.Apply(before)
	require.NoError(b, err)
	fresh, err := jsonschema.UnmarshalJSON(bytes.NewReader(after))
	require.NoError(b, err)
	require.NoError(b, validator.Validate(fresh.(map[string]any)["m"]))
	encoded, err := json.Marshal(fresh)
	require.NoError(b, err)
	sum := md5.Sum(encoded)
	_, _ = io.Discard.Write(sum[:])
}

// The promise is in allocations, which do not depend on the machine.
func TestOneOperationAllocatesLittle(t *testing.T) {
	if underRace {
		t.Skip("the race detector allocates by itself")
	}
	s := benchStore(t)
	i := 0
	oneOperation(t, s, i)
	n := testing.AllocsPerRun(20, func() { i++; oneOperation(t, s, i) })
	require.LessOrEqual(t, n, 100.0)
}

package values

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"

	jsonpatch "github.com/evanphx/json-patch"
	"github.com/stretchr/testify/require"

	"github.com/addonkit/addonkit/values/internal/tree"
)

// Ten thousand random patches: the section must be what a stock implementation makes of
// the plain document, and what merging its layers afresh gives; a refused patch must be
// refused by both and change nothing.
func TestRandomPatchesEqualAStockImplementation(t *testing.T) {
	const patches = 20
	sequences, taken, refused := 500, 0, 0
	if underRace {
		sequences = 50
	}
	for seed := range uint64(sequences) {
		g := &generator{rand.New(rand.NewPCG(seed, 1))}
		s := NewStore(Options{})
		require.NoError(t, s.SetSection("m", Spec{Static: []File{{Name: "static", Data: g.section("m")}}}))
		s.SetConfig(Config{Version: "1", Sections: map[string]Section{"m": {Data: g.json(g.object(2))}}})
		plain := s.View().JSON()
		for range patches {
			wire := g.patch(s.state.Load().sections["m"].effective)
			stock, stockErr := applyStock(plain, wire)
			err := commitPatch(t, s, wire)
			if moreLenient(err) {
				stockErr = err
			}
			if stockErr != nil || err != nil {
				require.Equal(t, stockErr == nil, err == nil, "seed %d: %s\non %s\nstock: %v\nours: %v", seed, wire, plain, stockErr, err)
				require.Equal(t, string(plain), string(s.View().JSON()))
				refused++
				continue
			}
			taken++
			plain = canonical(t, stock)
			require.Equal(t, string(plain), string(s.View().JSON()), "seed %d: %s", seed, wire)
			sec := s.state.Load().sections["m"]
			base, effective, err := (&section{key: "m", spec: sec.spec, patches: sec.patches}).build(sec.config)
			require.NoError(t, err)
			require.Equal(t, base.Digest(), sec.base.Digest())
			require.Equal(t, string(effective.JSON()), string(sec.effective.JSON()), "seed %d: the layers afresh after %s", seed, wire)
		}
	}
	require.Greater(t, taken, sequences*6)
	require.Greater(t, refused, sequences*2)
}

// A configuration that changes under the patches gives what merging afresh gives.
func TestPatchesAndConfigurationInAnyOrder(t *testing.T) {
	for seed := range uint64(300) {
		g := &generator{rand.New(rand.NewPCG(seed, 2))}
		s := NewStore(Options{})
		require.NoError(t, s.SetSection("m", Spec{Static: []File{{Name: "static", Data: g.section("m")}}}))
		for i := range 20 {
			if g.IntN(3) == 0 {
				s.SetConfig(Config{Version: fmt.Sprint(i), Sections: map[string]Section{"m": {Data: g.json(g.object(2))}}})
			} else {
				_ = commitPatch(t, s, g.patch(s.state.Load().sections["m"].effective))
			}
			sec := s.state.Load().sections["m"]
			_, effective, err := (&section{key: "m", spec: sec.spec, patches: sec.patches}).build(sec.config)
			require.NoError(t, err)
			require.Equal(t, string(effective.JSON()), string(s.state.Load().effective.JSON())[len(`{"global":{},"m":`):len(s.View().JSON())-1])
		}
	}
}

// The patch layer holds what is set, not how often.
func TestPatchLayerDoesNotGrow(t *testing.T) {
	s := NewStore(Options{})
	require.NoError(t, s.SetSection("m", Spec{Static: []File{{Name: "f", Data: []byte("m: {a: {}, l: [1]}")}}}))
	size := func() int64 { return s.state.Load().sections["m"].patches.Weight() }
	require.NoError(t, commitPatch(t, s, []byte(`{"op":"add","path":"/m/a/x","value":"00000"}`)))
	first := size()
	for i := range 2000 {
		require.NoError(t, commitPatch(t, s, fmt.Appendf(nil, `{"op":"add","path":"/m/a/x","value":"%05d"}`, i)))
		require.NoError(t, commitPatch(t, s, fmt.Appendf(nil, `[{"op":"add","path":"/m/a/k%d","value":1},{"op":"remove","path":"/m/a/k%d"}]`, i, i)))
	}
	require.Equal(t, first, size())
}

func TestAppendsAreAllKept(t *testing.T) {
	s := NewStore(Options{})
	require.NoError(t, s.SetSection("m", Spec{Static: []File{{Name: "f", Data: []byte("m: {l: [a]}")}}}))
	require.NoError(t, commitPatch(t, s, []byte(`[{"op":"add","path":"/m/l/-","value":"b"},{"op":"add","path":"/m/l/-","value":"c"}]`)))
	require.NoError(t, commitPatch(t, s, []byte(`{"op":"add","path":"/m/l/-","value":"d"}`)))
	part, _ := s.View().At("/m/l")
	require.Equal(t, `["a","b","c","d"]`, string(part.JSON()))
}

func commitPatch(t *testing.T, s *Store, wire []byte) error {
	t.Helper()
	patch, err := ParsePatch(wire)
	if err != nil {
		return err
	}
	p, err := s.Prepare(Change{Section: "m", Memory: patch})
	if err != nil {
		return err
	}
	_, err = p.Commit()
	return err
}

// moreLenient tells refusals that RFC 6902 asks for and the stock implementation does not
// know: it takes a missing key for null, and moves list items into their successors.
func moreLenient(err error) bool {
	var refusal *PatchError
	return errors.Is(err, errIntoItself) ||
		errors.As(err, &refusal) && (refusal.Op == "copy" || refusal.Op == "replace") && errors.Is(err, tree.ErrMissing)
}

func applyStock(doc, wire []byte) ([]byte, error) {
	patch, err := jsonpatch.DecodePatch(wire)
	if err != nil {
		return nil, err
	}
	return patch.Apply(doc)
}

func canonical(t *testing.T, doc []byte) []byte {
	t.Helper()
	v, err := tree.ParseJSON(doc)
	require.NoError(t, err)
	return v.JSON()
}

// generator makes small random documents and patches whose paths often exist. It makes no
// nulls, which the stock implementation takes for missing.
type generator struct{ *rand.Rand }

var names = []string{"a", "b", "c", "d/e", "~f"}

func (g *generator) value(depth int) any {
	switch n := g.IntN(8); {
	case n < 3 && depth > 0:
		return g.object(depth - 1)
	case n < 5 && depth > 0:
		list := make([]any, g.IntN(4))
		for i := range list {
			list[i] = g.value(depth - 1)
		}
		return list
	case n == 5:
		return g.IntN(2) == 0
	case n == 6:
		return fmt.Sprint("t", g.IntN(4))
	default:
		return g.IntN(5)
	}
}

func (g *generator) object(depth int) map[string]any {
	m := map[string]any{}
	for range 1 + g.IntN(4) {
		m[names[g.IntN(len(names))]] = g.value(depth)
	}
	return m
}

func (g *generator) json(v any) []byte {
	b, _ := json.Marshal(v)
	return b
}

func (g *generator) section(key string) []byte { return g.json(map[string]any{key: g.object(3)}) }

// pointer walks down a document at random, and sometimes a step beside what is there.
func (g *generator) pointer(doc tree.Value, mayBeNew bool) string {
	p, v := "/m", doc
	for depth := range 3 {
		if v.Len() == 0 || depth > 0 && g.IntN(3) == 0 {
			break
		}
		stop := g.IntN(v.Len())
		for i, e := range v.All() {
			if i != stop {
				continue
			}
			if v.Kind() == tree.List {
				e.Key = fmt.Sprint(i)
			}
			p, v = tree.Join(p, e.Key), e.Value
		}
	}
	switch {
	case p == "/m", g.IntN(20) == 0, mayBeNew && v.Kind() == tree.Map:
		return tree.Join(p, names[g.IntN(len(names))])
	case mayBeNew && v.Kind() == tree.List:
		return p + []string{"/-", "/0", "/1"}[g.IntN(3)]
	}
	return p
}

func (g *generator) patch(doc tree.Value) []byte {
	var ops []map[string]any
	for range 1 + g.IntN(2) {
		switch op := []string{"add", "add", "add", "add", "replace", "remove", "test", "move", "copy"}[g.IntN(9)]; op {
		case "add", "replace", "test":
			ops = append(ops, map[string]any{"op": op, "path": g.pointer(doc, op == "add"), "value": g.value(2)})
		case "remove":
			ops = append(ops, map[string]any{"op": op, "path": g.pointer(doc, false)})
		default:
			ops = append(ops, map[string]any{"op": op, "path": g.pointer(doc, true), "from": g.pointer(doc, false)})
		}
	}
	return g.json(ops)
}

package values_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/addonkit/addonkit/values"
)

func patchOf(t *testing.T, text string) values.Patch {
	t.Helper()
	p, err := values.ParsePatch([]byte(text))
	require.NoError(t, err)
	return p
}

func TestOneChangeWritesMemoryAndConfiguration(t *testing.T) {
	s := newShop(t)
	s.SetConfig(values.ParseConfig("CM", "7", map[string]string{"webShop": "replicas: 3"}))
	p, err := s.Prepare(values.Change{
		Section: "webShop", Source: "ports.sh", Cause: "event 12",
		Config: patchOf(t, `{"op":"add","path":"/webShop/host","value":"shop"}`),
		Memory: patchOf(t, `[{"op":"test","path":"/webShop/host","value":"shop"},{"op":"add","path":"/webShop/internal/port","value":80}]`),
	})
	require.NoError(t, err)
	require.False(t, s.View().Exists("/webShop/host"), "Prepare changes nothing")
	doc, version, changed := p.Config()
	require.True(t, changed)
	require.Equal(t, "7", version)
	require.Equal(t, map[string]any{"host": "shop", "replicas": int64(3)}, doc)
	p.Saved("8")
	done, err := p.Commit()
	require.NoError(t, err)
	require.Equal(t, values.Commit{Values: true, Config: true, Pointers: []string{"/webShop/host", "/webShop/internal/port"}}, done)
	_, err = p.Commit()
	require.ErrorIs(t, err, values.ErrCommitted)

	explained, err := s.Explain("/webShop/host")
	require.NoError(t, err)
	require.Equal(t, values.LayerConfig, explained[0].Origin.Layer)
	require.Equal(t, "ports.sh", explained[0].Origin.Source)
	require.Equal(t, "event 12", explained[0].Origin.Cause)

	next, err := s.Prepare(values.Change{Section: "webShop", Config: patchOf(t, `{"op":"add","path":"/webShop/replicas","value":4}`)})
	require.NoError(t, err)
	_, version, _ = next.Config()
	require.Equal(t, "8", version, "the next save depends on ours")
}

func TestABadConfigurationPatchRefusesTheWholeChange(t *testing.T) {
	s := newShop(t)
	before := s.View().Digest()
	_, err := s.Prepare(values.Change{
		Section: "webShop",
		Memory:  patchOf(t, `{"op":"add","path":"/webShop/internal/port","value":80}`),
		Config:  patchOf(t, `{"op":"add","path":"/webShop/internal","value":{}}`),
	})
	require.ErrorContains(t, err, "/webShop/internal is not known")
	require.Equal(t, before, s.View().Digest())
}

func TestSavingDoesNotOverwriteARefusedConfiguration(t *testing.T) {
	s := newShop(t)
	s.SetConfig(values.ParseConfig("CM", "1", map[string]string{"webShop": "replicas: many"}))
	_, err := s.Prepare(values.Change{Section: "webShop", Config: patchOf(t, `{"op":"add","path":"/webShop/replicas","value":4}`)})
	require.ErrorContains(t, err, "refused")
	_, err = s.Prepare(values.Change{Section: "webShop", Memory: patchOf(t, `{"op":"add","path":"/webShop/replicas","value":4}`)})
	require.NoError(t, err)
}

func TestCommitChecksAgainWhenTheSectionMoved(t *testing.T) {
	prepare := func(t *testing.T, saved bool) (*values.Store, *values.Prepared) {
		s := newShop(t)
		s.SetConfig(values.ParseConfig("CM", "1", map[string]string{"webShop": "replicas: 3\nhost: a"}))
		c := values.Change{Section: "webShop", Memory: patchOf(t, `[{"op":"test","path":"/webShop/replicas","value":3},{"op":"add","path":"/webShop/internal/port","value":1}]`)}
		if saved {
			c.Config = patchOf(t, `{"op":"add","path":"/webShop/host","value":"b"}`)
		}
		p, err := s.Prepare(c)
		require.NoError(t, err)
		return s, p
	}
	t.Run("and still fits", func(t *testing.T) {
		s, p := prepare(t, false)
		s.SetConfig(values.ParseConfig("CM", "2", map[string]string{"webShop": "replicas: 3\nhost: c"}))
		_, err := p.Commit()
		require.NoError(t, err)
		require.Equal(t, `{"host":"c","internal":{"port":1},"replicas":3}`, at(t, s.View(), "/webShop"))
	})
	t.Run("and fits no more", func(t *testing.T) {
		s, p := prepare(t, false)
		s.SetConfig(values.ParseConfig("CM", "2", map[string]string{"webShop": "replicas: 4"}))
		before := s.View().Digest()
		_, err := p.Commit()
		require.ErrorContains(t, err, "test does not hold")
		require.Equal(t, before, s.View().Digest())
	})
	t.Run("but its configuration was saved", func(t *testing.T) {
		s, p := prepare(t, true)
		p.Saved("2")
		_, err := commit(t, s, "webShop", `{"op":"add","path":"/webShop/replicas","value":9}`)
		require.NoError(t, err)
		done, err := p.Commit()
		require.ErrorContains(t, err, "test does not hold")
		require.True(t, done.Config)
		require.Equal(t, `{"host":"b","internal":{},"replicas":9}`, at(t, s.View(), "/webShop"))
		require.Equal(t, `{"host":"b","replicas":3}`, at(t, s.ConfigView(), "/webShop"))
	})
	t.Run("and is gone", func(t *testing.T) {
		s, p := prepare(t, false)
		s.RemoveSection("webShop")
		_, err := p.Commit()
		require.ErrorIs(t, err, values.ErrNoSection)
	})
}

func TestConfigurationMayComeBeforeItsSection(t *testing.T) {
	s := values.NewStore(values.Options{})
	change := s.SetConfig(values.ParseConfig("CM", "1", map[string]string{"webShop": "replicas: 5", "webShopEnabled": "false", "webShopMaintenance": "NoResourceReconciliation"}))
	require.Empty(t, change.Errors)
	require.Equal(t, []string{"webShop"}, change.Enabled)
	require.Equal(t, []string{"webShop"}, change.Maintenance)
	require.False(t, s.View().Exists("/webShop"))
	require.NoError(t, s.SetSection("webShop", shopSpec()))
	require.Equal(t, "5", at(t, s.View(), "/webShop/replicas"))
	require.Equal(t, values.MaintenanceNoReconcile, s.Maintenance("webShop"))
	s.RemoveSection("webShop")
	require.False(t, s.View().Exists("/webShop"))
	require.NoError(t, s.SetSection("webShop", shopSpec()))
	require.Equal(t, "5", at(t, s.View(), "/webShop/replicas"))
	change = s.SetConfig(values.Config{Version: "2"})
	require.Equal(t, []string{"webShop"}, change.Sections)
	require.Equal(t, "1", at(t, s.View(), "/webShop/replicas"))
	require.Nil(t, s.Flag("webShop").Config)
}

func TestANewSpecJudgesTheConfigurationAgain(t *testing.T) {
	s := newShop(t)
	s.SetConfig(values.ParseConfig("CM", "1", map[string]string{"webShop": "host: shop"}))
	stricter := shopSpec()
	stricter.ConfigSchema.Data = []byte("properties: {replicas: {type: integer}}")
	require.NoError(t, s.SetSection("webShop", stricter))
	require.ErrorContains(t, s.Refused()["webShop"], "/webShop/host")
	require.False(t, s.View().Exists("/webShop/host"))
	require.NoError(t, s.SetSection("webShop", shopSpec()))
	require.Empty(t, s.Refused())
	require.Equal(t, `"shop"`, at(t, s.View(), "/webShop/host"))
}

func TestABadSpecLeavesTheSection(t *testing.T) {
	for name, tc := range map[string]struct {
		spec values.Spec
		want string
	}{
		"static YAML":   {values.Spec{Static: []values.File{{Name: "040-x/values.yaml", Data: []byte("webShop: [")}}}, "040-x/values.yaml"},
		"static scalar": {values.Spec{Static: []values.File{{Name: "v.yaml", Data: []byte("webShop: 5")}}}, `v.yaml: "webShop" must be a map`},
		"static flag":   {values.Spec{Static: []values.File{{Name: "v.yaml", Data: []byte("webShopEnabled: maybe")}}}, "webShopEnabled"},
		"schema":        {values.Spec{Schema: values.File{Name: "openapi/values.yaml", Data: []byte("type: 5")}}, "openapi/values.yaml: #/type"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newShop(t)
			before := s.View().Digest()
			require.ErrorContains(t, s.SetSection("webShop", tc.spec), tc.want)
			require.Equal(t, before, s.View().Digest())
		})
	}
	require.ErrorContains(t, values.NewStore(values.Options{}).SetSection("web-shop", values.Spec{}), "webShop")
}

// A configuration that the config schema takes, yet breaks the values schema, is refused
// when the section was right without it.
func TestTheValuesSchemaJudgesConfigurationToo(t *testing.T) {
	s := values.NewStore(values.Options{})
	require.NoError(t, s.SetSection("m", values.Spec{Schema: values.File{Name: "values.yaml", Data: []byte("properties: {a: {type: integer}}")}}))
	require.ErrorContains(t, s.SetConfig(values.ParseConfig("CM", "1", map[string]string{"m": "a: x"})).Errors["m"], "/m/a")
	require.NoError(t, s.SetSection("k", values.Spec{Schema: values.File{Name: "values.yaml", Data: []byte("{required: [b], properties: {a: {type: integer}, b: {}}}")}}))
	require.Empty(t, s.SetConfig(values.ParseConfig("CM", "2", map[string]string{"k": "a: 1"})).Errors, "what hooks will add later is not the user's fault")
}

func TestRequiredConfigurationMayBeStatic(t *testing.T) {
	s := values.NewStore(values.Options{})
	require.NoError(t, s.SetSection("m", values.Spec{
		Static:       []values.File{{Name: "v", Data: []byte("m: {a: 1}")}},
		ConfigSchema: values.File{Name: "c", Data: []byte("{required: [a], properties: {a: {}, b: {type: integer}}}")},
	}))
	require.Empty(t, s.SetConfig(values.ParseConfig("CM", "1", map[string]string{"m": "b: 1"})).Errors)
	require.NotEmpty(t, s.SetConfig(values.ParseConfig("CM", "2", map[string]string{"m": "b: x"})).Errors)
}

func TestDropPatches(t *testing.T) {
	s := newShop(t)
	before := s.View().Digest()
	require.False(t, s.DropPatches("webShop"))
	_, err := commit(t, s, "webShop", `[{"op":"add","path":"/webShop/internal/port","value":1},{"op":"remove","path":"/webShop/replicas"}]`)
	require.NoError(t, err)
	require.NotEqual(t, before, s.View().Digest())
	require.True(t, s.DropPatches("webShop"))
	require.Equal(t, before, s.View().Digest())
}

func TestAPatchThatChangesNothingKeepsTheView(t *testing.T) {
	s := newShop(t)
	patch := `[{"op":"add","path":"/webShop/internal","value":{}},{"op":"add","path":"/webShop/internal/port","value":1}]`
	_, err := commit(t, s, "webShop", patch)
	require.NoError(t, err)
	done, err := commit(t, s, "webShop", patch)
	require.NoError(t, err)
	require.Equal(t, values.Commit{}, done)
}

func TestSensitiveValuesAreMasked(t *testing.T) {
	s := values.NewStore(values.Options{})
	require.NoError(t, s.SetSection("m", values.Spec{
		Static:       []values.File{{Name: "v", Data: []byte("m: {token: SECRET, list: [{key: SECRET, name: a}], map: {x: SECRET}, deep: {a: [SECRET]}, open: seen, config: SECRET}")}},
		ConfigSchema: values.File{Name: "c", Data: []byte("{properties: {config: {x-sensitive: true}}}")},
		Schema: values.File{Name: "s", Data: []byte(`
additionalProperties: true
properties:
  token: {type: string, x-sensitive: true}
  list: {items: {properties: {key: {x-sensitive: true}, name: {}}}}
  map: {additionalProperties: {x-sensitive: true}}
  deep: {x-sensitive: true}
`)},
	}))
	require.Equal(t, `{"config":"(sensitive)","deep":"(sensitive)","list":[{"key":"(sensitive)","name":"a"}],"map":{"x":"(sensitive)"},"open":"seen","token":"(sensitive)"}`, at(t, s.Masked(), "/m"))
	require.Contains(t, at(t, s.View(), "/m"), "SECRET")
}

func TestHistoryAndSubscribers(t *testing.T) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	s := values.NewStore(values.Options{Now: func() time.Time { return now }, History: 3})
	require.NoError(t, s.SetSection("webShop", shopSpec()))
	var told []string
	cancel := s.Subscribe(func(u values.Update) {
		told = append(told, fmt.Sprint(u.Origin.Source, u.Pointers))
		require.Equal(t, s.View().Digest(), u.View.Digest())
	})
	for i := range 5 {
		_, err := commit(t, s, "webShop", fmt.Sprintf(`{"op":"add","path":"/webShop/internal/port","value":%d}`, i))
		require.NoError(t, err)
	}
	s.SetConfig(values.ParseConfig("CM", "4", map[string]string{"webShop": "replicas: 9", "global": "a: 1"}))
	cancel()
	_, err := commit(t, s, "webShop", `{"op":"add","path":"/webShop/host","value":"a"}`)
	require.NoError(t, err)
	require.Equal(t, []string{
		"hook[/webShop/internal/port]", "hook[/webShop/internal/port]", "hook[/webShop/internal/port]", "hook[/webShop/internal/port]", "hook[/webShop/internal/port]",
		"[/global/a /webShop/replicas]",
	}, told)

	all, err := s.History("/webShop")
	require.NoError(t, err)
	require.Equal(t, []values.Record{
		{Origin: values.Origin{Layer: values.LayerPatch, Source: "hook", At: now}, Pointers: []string{"/webShop/host"}},
		{Origin: values.Origin{Layer: values.LayerConfig, Source: "CM, key webShop", Cause: "version 4", At: now}, Pointers: []string{"/webShop/replicas"}},
		{Origin: values.Origin{Layer: values.LayerPatch, Source: "hook", At: now}, Pointers: []string{"/webShop/internal/port"}},
	}, all)
	some, err := s.History("/webShop/replicas")
	require.NoError(t, err)
	require.Len(t, some, 1)
	_, err = s.History("")
	require.Error(t, err)
}

func TestDiff(t *testing.T) {
	parse := func(text string) values.View {
		v, err := values.ParseView(values.File{Data: []byte(text)})
		require.NoError(t, err)
		return v
	}
	var lines []string
	for _, d := range values.Diff(parse("{a: 1, b: {c: 1, d: []}, e: [1, 2], g: {h: 1}}"), parse("{a: 1, b: {c: 2}, e: [1, 2, {f: 3}], g: 7}")) {
		lines = append(lines, fmt.Sprintf("%s %s -> %s", d.Pointer, d.Old.JSON(), d.New.JSON()))
	}
	require.Equal(t, []string{"/b/c 1 -> 2", "/b/d [] -> null", "/e/2/f null -> 3", "/g/h 1 -> null", "/g null -> 7"}, lines)
}

// Sources in any order, maps in any order: one digest.
func TestOneDigestForOneContent(t *testing.T) {
	static := []string{"a", "b", "c", "d", "e", "f"}
	digests := map[string]bool{}
	for seed := range uint64(1000) {
		r := rand.New(rand.NewPCG(seed, 3))
		s := values.NewStore(values.Options{})
		r.Shuffle(len(static), func(i, j int) { static[i], static[j] = static[j], static[i] })
		var files []values.File
		for _, name := range static { // each file holds its own keys, so that their order is free
			files = append(files, values.File{Name: name, Data: fmt.Appendf(nil, `{"m": {"%[1]s": {"x": 1, "k": [1.0, 2]}, "shared": {"%[1]s": true}}}`, name)})
		}
		steps := []func(){
			func() { require.NoError(t, s.SetSection("m", values.Spec{Static: files})) },
			func() { require.NoError(t, s.SetSection("other", values.Spec{})) },
			func() {
				s.SetConfig(values.ParseConfig("CM", "1", map[string]string{"m": shuffled(r, `"p":1`, `"q":{"r":[]}`, `"a":{"x":2}`), "other": shuffled(r, `"1":1`, `"2":2`)}))
			},
		}
		r.Shuffle(len(steps), func(i, j int) { steps[i], steps[j] = steps[j], steps[i] })
		for _, step := range steps {
			step()
		}
		for _, i := range r.Perm(3) {
			_, err := commit(t, s, "m", fmt.Sprintf(`{"op":"add","path":"/m/hook%d","value":{"z":1,"k":2}}`, i))
			require.NoError(t, err)
		}
		digests[s.View().Digest()] = true
	}
	require.Len(t, digests, 1, "%v", slices.Collect(maps.Keys(digests)))
}

func shuffled(r *rand.Rand, entries ...string) string {
	r.Shuffle(len(entries), func(i, j int) { entries[i], entries[j] = entries[j], entries[i] })
	out := "{"
	for i, e := range entries {
		if i > 0 {
			out += ","
		}
		out += e
	}
	return out + "}"
}

// Every transaction keeps two values, and a flag, in step; no reader sees them apart.
func TestReadersSeeWholeTransactions(t *testing.T) {
	const writers, readers, rounds = 8, 64, 10
	s := values.NewStore(values.Options{})
	require.NoError(t, s.SetSection("m", values.Spec{Static: []values.File{{Name: "f", Data: []byte("m: {a: 0, b: 0, list: []}")}}}))
	var writing, reading sync.WaitGroup
	stop := make(chan struct{})
	for w := range writers {
		writing.Go(func() {
			for i := range rounds {
				n := w*rounds + i
				p, err := s.Prepare(values.Change{Section: "m", Memory: values.Patch{{Op: "add", Path: "/m/a", Value: n}, {Op: "add", Path: "/m/list/-", Value: n}, {Op: "add", Path: "/m/b", Value: n}}})
				if err == nil {
					_, err = p.Commit()
				}
				if err != nil {
					t.Error(err)
				}
				s.SetConfig(values.Config{Version: fmt.Sprint(n), Sections: map[string]values.Section{"m": {Data: fmt.Appendf(nil, "{c: %d, d: %d}", n, n)}}})
			}
		})
	}
	for range readers {
		reading.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				v := s.View()
				var m struct{ M struct{ A, B, C, D int } }
				if err := json.Unmarshal(v.JSON(), &m); err != nil || m.M.A != m.M.B || m.M.C != m.M.D {
					t.Errorf("half a transaction: %+v, %v", m.M, err)
					return
				}
				_ = v.Digest()
				_ = s.CheckRender("m")
				_, _ = s.Explain("/m")
			}
		})
	}
	writing.Wait()
	close(stop)
	reading.Wait()
	list, err := values.Get[[]int](s.View(), "/m/list")
	require.NoError(t, err)
	require.Len(t, list, writers*rounds, "no append is lost")
}

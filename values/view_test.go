package values_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/go-logr/logr/funcr"
	"github.com/stretchr/testify/require"

	"github.com/addonkit/addonkit/values"
)

func view(t *testing.T, text string) values.View {
	t.Helper()
	v, err := values.ParseView(values.File{Name: "test", Data: []byte(text)})
	require.NoError(t, err)
	return v
}

func TestGet(t *testing.T) {
	type port struct {
		Name   string
		Number int `json:"number"`
	}
	v := view(t, `{s: text, i: 7, f: 1.5, big: 12345678901234567890, ok: true, list: [1, 2], ports: [{name: a, number: 1}, {name: b, number: SECRET}], when: 2026-01-02T03:04:05Z, bad: {t: SECRET}, "a/b": 1}`)
	get := func(want any, err error) func(any, error) {
		return func(got any, gotErr error) {
			t.Helper()
			require.Equal(t, err, gotErr)
			require.Equal(t, want, got)
		}
	}
	str, err := values.Get[string](v, "/s")
	get("text", nil)(str, err)
	i, err := values.Get[int](v, "/i")
	get(7, nil)(i, err)
	u, err := values.Get[uint64](v, "/big")
	get(uint64(12345678901234567890), nil)(u, err)
	f, err := values.Get[float64](v, "/i")
	get(7.0, nil)(f, err)
	list, err := values.Get[[]int](v, "/list")
	get([]int{1, 2}, nil)(list, err)
	when, err := values.Get[time.Time](v, "/when")
	get(time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), nil)(when, err)
	escaped, err := values.Get[int](v, "/a~1b")
	get(1, nil)(escaped, err)

	_, err = values.Get[[]port](v, "/ports")
	get(&values.DecodeError{Pointer: "/ports/1/number", Is: "string", Want: "int"}, nil)(err, nil)
	_, err = values.Get[struct{ T time.Time }](v, "/bad")
	require.EqualError(t, err, `value at "/bad/t" is string, which does not fit time.Time`)
	_, err = values.Get[int](v, "/f")
	require.ErrorContains(t, err, `"/f"`)
	require.NotContains(t, err.Error(), "1.5")
	_, err = values.Get[int](v, "/none/x")
	require.ErrorIs(t, err, values.ErrMissing)
	require.ErrorContains(t, err, "/none/x")
	_, err = values.Get[int](v, "none")
	require.ErrorContains(t, err, "JSON pointer")
}

func TestMapIsAPrivateCopy(t *testing.T) {
	v := view(t, "a: {b: [1, 2]}\nf: 1.0\n")
	m := v.Map()
	m["a"].(map[string]any)["b"].([]any)[0] = "changed"
	require.Equal(t, `{"a":{"b":[1,2]},"f":1.0}`, string(v.JSON()))
	require.Equal(t, 1.0, m["f"])
	require.Equal(t, map[string]any{}, values.View{}.Map())
	require.True(t, values.View{}.IsZero())
}

func TestSelect(t *testing.T) {
	v := view(t, "{global: {a: 1}, webShop: {b: 1}, other: {c: 1}}")
	require.Equal(t, `{"global":{"a":1},"missing":{},"webShop":{"b":1}}`, string(v.Select("webShop", "global", "missing").JSON()))
}

func TestPrintingShowsNoValue(t *testing.T) {
	v := view(t, "token: SECRET")
	type holder struct{ V values.View }
	var logged strings.Builder
	log := funcr.New(func(_, args string) { logged.WriteString(args) }, funcr.Options{})
	log.Info("a view", "view", v, "in", holder{v})
	for _, text := range []string{fmt.Sprint(v), fmt.Sprintf("%v %+v %#v %s %x %d %q", v, v, v, v, v, v, v), fmt.Sprintf("%+v %#v", holder{v}, &holder{v}), logged.String()} {
		require.NotContains(t, text, "SECRET")
		require.NotContains(t, text, "534543")
	}
	require.Equal(t, "values("+v.Digest()[:12]+")", v.String())
}

func TestTrackedViewsRecordReads(t *testing.T) {
	v, reads := view(t, "{a: {b: 1, c: {d: 2}}, e: 3, f: {g: 1}}").Tracked()
	require.Empty(t, reads.Pointers())
	a, _ := v.At("/a")
	require.Empty(t, reads.Pointers(), "passing through is not reading")
	_, _ = values.Get[int](a, "/b")
	require.False(t, v.Exists("/none"))
	c, _ := a.At("/c")
	_ = c.Map()
	_, _ = values.Get[int](v, "/a/c/d")
	require.Equal(t, []string{"/a/b", "/a/c", "/none"}, reads.Pointers())
	for pointer, want := range map[string]bool{"/a": true, "/a/b": true, "/a/bb": false, "/a/c/x": true, "/e": false, "/none": true, "/f/g": false, "": true} {
		require.Equal(t, want, reads.Touched(pointer), pointer)
	}
	_ = v.Select("f")
	require.True(t, reads.Touched("/f/g"))
}

func TestKey(t *testing.T) {
	for name, want := range map[string]string{
		"module1": "module1", "prometheus-operator": "prometheusOperator", "l2-load-balancer": "l2LoadBalancer", "module-one01": "moduleOne01",
		"module-v2": "moduleV2", "ceph-csi": "cephCsi", "k8s-http": "k8sHttp", "2-module-name": "2ModuleName", "a-b": "aB", "foo-a-bar": "fooABar",
	} {
		key, err := values.Key(name)
		require.NoError(t, err)
		require.Equal(t, want, key)
	}
	for name, proposal := range map[string]string{
		"module_one": `"module-one"`, "my.module": `"my-module"`, "HTTPServer": `"http-server"`, "module-1": `"module1"`, "x-509": `"x509"`, "a-b-c": `"a-bc"`,
		"global": "reserved", "": "needs a name", "--": "neither", "Web": `"web"`, "web-": `"web"`, "wéb": `"w-b"`,
	} {
		_, err := values.Key(name)
		require.ErrorContains(t, err, proposal, name)
	}
}

func TestParsePatch(t *testing.T) {
	patch, err := values.ParsePatch([]byte(`
		[{"op":"add","path":"/m/a","value":{}},{"op":"add","path":"/m/a/b","value":80}]
		{"op":"remove","path":"/m/c"}
		{"op":"add","path":"/m/d","value":null}[]`))
	require.NoError(t, err)
	require.Len(t, patch, 4)
	require.Equal(t, "/m/a/b", patch[1].Path)
	require.Equal(t, "null", string(patch[3].Value.(values.View).JSON()))
	for _, empty := range []string{"", " \n", "[]"} {
		patch, err = values.ParsePatch([]byte(empty))
		require.NoError(t, err)
		require.Empty(t, patch)
	}
	for text, want := range map[string]string{
		`{"op":"add","path":"/a","value":1`: "ends too early", `{"op":"add"}`: `needs a "path"`, `{"op":"add","path":"/a"}`: `needs a "value"`, `{"op":"merge","path":"/a"}`: "none of",
		`{"op":"move","path":"/a"}`: `needs a "from"`, `{"op":"remove","path":"a"}`: "JSON pointer", `"SECRET"`: "operation 0", `[1]`: "operation 0", `{"op":5,"path":"/a"}`: "operation 0",
		`[{"op":"remove","path":"/a"}]{"op":"add","path":"/x","value":SECRET}`: "byte", "\xff": "UTF-8", `{"op":"add","path":"/a","value":1e99999}`: "exponent",
		`{"op":"add","path":"/a","value":` + strings.Repeat("[", 400) + strings.Repeat("]", 400) + `}`: "nested", `{"op":"add","path":"/a","value":` + strings.Repeat("[", 20000): "not JSON",
	} {
		_, err := values.ParsePatch([]byte(text))
		require.ErrorContains(t, err, want, "%.60s", text)
		require.NotContains(t, err.Error(), "SECRET")
	}
}

func TestGoCallersMayMakeParents(t *testing.T) {
	s := values.NewStore(values.Options{})
	require.NoError(t, s.SetSection("m", values.Spec{}))
	p, err := s.Prepare(values.Change{Section: "m", Memory: values.Patch{{Op: "add", Path: "/m/a/b/c", Value: []string{"x"}, Parents: true}}})
	require.NoError(t, err)
	_, err = p.Commit()
	require.NoError(t, err)
	require.Equal(t, `{"a":{"b":{"c":["x"]}}}`, at(t, s.View(), "/m"))
	for _, bad := range []any{func() {}, make(chan int), map[string]any{"x": "\xff"}, 1i} {
		_, err := s.Prepare(values.Change{Section: "m", Memory: values.Patch{{Op: "add", Path: "/m/x", Value: bad}}})
		var refused *values.PatchError
		require.ErrorAs(t, err, &refused)
	}
}

// Whatever is fed, the answer is a short error in a short time.
func TestBadInputIsBounded(t *testing.T) {
	s := newShop(t)
	before := s.View().Digest()
	var bomb strings.Builder
	bomb.WriteString("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n")
	for i := range 15 {
		fmt.Fprintf(&bomb, "a%d: &a%d [*a%d, *a%d, *a%d, *a%d, *a%d, *a%d, *a%d, *a%d, *a%d]\n", i+1, i+1, i, i, i, i, i, i, i, i, i)
	}
	for name, data := range map[string]string{
		"alias bomb":   bomb.String(),
		"deep flow":    "host: " + strings.Repeat("[", 10_000) + strings.Repeat("]", 10_000),
		"deep block":   deepBlock(10_000),
		"huge number":  "replicas: 1e999999999",
		"long number":  "replicas: " + strings.Repeat("9", 100_000),
		"NaN":          "replicas: .nan",
		"invalid text": "host: \xff\xfe",
		"cycle":        "host: &x [*x]",
		"map as a key": "? {a: 1}\n: 1",
	} {
		t.Run(name, func(t *testing.T) {
			start := time.Now()
			change := s.SetConfig(values.Config{Version: "1", Sections: map[string]values.Section{"webShop": {Data: []byte(data), File: "CM"}}})
			require.ErrorContains(t, change.Errors["webShop"], "CM")
			require.Less(t, len(change.Errors["webShop"].Error()), 1000)
			require.Equal(t, before, s.View().Digest())
			require.Less(t, time.Since(start), 20*time.Second, "not a measure of speed: the other way is hours")
		})
	}
	patch := `{"op":"add","path":"/webShop/host","value":"` + strings.Repeat("x", 40<<20) + `"}`
	_, err := commit(t, s, "webShop", `{"op":"add","path":"/webShop/host","value":"abc"}`)
	require.NoError(t, err)
	_, err = values.ParsePatch([]byte(patch))
	require.ErrorContains(t, err, "MiB")
}

func deepBlock(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(strings.Repeat(" ", i%1000) + "k:\n")
	}
	return b.String()
}

package tree

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	stockyaml "sigs.k8s.io/yaml"
)

// A wide map that was edited a thousand times has the shape, digest and encoding of one
// that was made at once.
func TestEditedMapsAreCanonical(t *testing.T) {
	for seed := range uint64(20) {
		r := rand.New(rand.NewPCG(seed, 0))
		want := map[string]any{}
		v := EmptyMap()
		for i := range 1000 {
			key := fmt.Sprint("k", r.IntN(60+int(seed)*40))
			if r.IntN(3) == 0 {
				delete(want, key)
				v = v.Without(key)
			} else {
				want[key] = i
				v = v.With(key, NewInt(int64(i)))
			}
			if i%50 != 0 {
				continue
			}
			fresh, err := Of(want)
			require.NoError(t, err)
			require.Equal(t, fresh.Digest(), v.Digest())
			require.Equal(t, shape(fresh.box), shape(v.box))
			require.Equal(t, stockJSON(t, want), string(v.JSON()))
			require.Equal(t, fresh.Weight(), v.Weight())
		}
	}
}

func TestEditedListsAreCanonical(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 0))
	want := []any{}
	v := NewList(nil)
	for i := range 3000 {
		switch at := r.IntN(len(want) + 1); {
		case r.IntN(4) > 0 || len(want) == 0:
			if r.IntN(2) == 0 {
				at = len(want)
			}
			want = slices.Insert(want, at, any(i))
			v = v.Insert(at, NewInt(int64(i)))
		case at < len(want) && r.IntN(2) == 0:
			want[at] = -i
			v = v.Put(at, NewInt(int64(-i)))
		case at < len(want):
			want = slices.Delete(want, at, at+1)
			v = v.Cut(at)
		}
		if i%100 != 0 {
			continue
		}
		fresh, err := Of(slices.Clone(want))
		require.NoError(t, err)
		require.Equal(t, fresh.Digest(), v.Digest())
		require.Equal(t, shape(fresh.box), shape(v.box))
		require.Equal(t, stockJSON(t, want), string(v.JSON()))
	}
}

func shape(b *box) (lengths []int) {
	for _, p := range b.parts() {
		lengths = append(lengths, len(p.entries))
	}
	return lengths
}

func stockJSON(t *testing.T, v any) string {
	t.Helper()
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	require.NoError(t, e.Encode(v))
	return strings.TrimSuffix(out.String(), "\n")
}

// Digests tell apart what is different in kind only, and what is cut differently.
func TestDigestsDiffer(t *testing.T) {
	long := strings.Repeat("x", longText)
	seen := map[Digest]string{}
	for _, doc := range []string{
		`{}`, `[]`, `null`, `""`, `"null"`, `true`, `"true"`, `1`, `1.0`, `"1"`, `{"a":{}}`, `{"a":[]}`, `{"a":null}`,
		`[[],[]]`, `[[[]]]`, `[1,2]`, `["1,2"]`, `{"a":1,"b":2}`, `{"a":2,"b":1}`, `{"ab":1}`, `{"a":"b"}`, `["a","b"]`, `["ab"]`,
		`["` + long + `"]`, `["` + long + `x"]`, `["` + long + `",""]`,
	} {
		v, err := ParseJSON([]byte(doc))
		require.NoError(t, err)
		require.Empty(t, seen[v.Digest()], doc)
		seen[v.Digest()] = doc
		require.Equal(t, doc, string(v.JSON()))
	}
}

func TestNumbers(t *testing.T) {
	for literal, want := range map[string]string{
		"1": "1", "-1": "-1", "0": "0", "-0": "0", "1.0": "1.0", "1.00": "1.0", "1.50": "1.5", "-0.0": "0.0", "1e3": "1000.0", "1E+3": "1000.0",
		"12345678901234567890123": "12345678901234567890123", "9007199254740993": "9007199254740993", "0.1": "0.1", "0.10": "0.1",
		"3.14159265358979323846": "3.14159265358979323846", "1e400": "1.0e+400", "1e-400": "1.0e-400", "1.5e-7": "1.5e-7", "0.00001": "0.00001",
		"100000000000000000000.0": "100000000000000000000.0", "1e22": "1.0e+22", ".5": "0.5", "5.": "5.0", "+7": "7", "08": "8",
	} {
		v, err := NewNumber(literal)
		require.NoError(t, err, literal)
		require.Equal(t, want, v.Text(), literal)
		again, err := NewNumber(v.Text())
		require.NoError(t, err)
		require.Equal(t, v, again)
	}
	for _, literal := range []string{"", "-", ".", "1.2.3", "e5", "1e", "0x1", "1e99999", "NaN", strings.Repeat("9", 2000), "--1", "1_0"} {
		_, err := NewNumber(literal)
		require.Error(t, err, literal)
	}
	v, err := ParseJSON([]byte(`[1, 1.0, 9223372036854775807, 9223372036854775808, 1e400, 2.5]`))
	require.NoError(t, err)
	require.Equal(t, []any{int64(1), 1.0, int64(9223372036854775807), json.Number("9223372036854775808"), json.Number("1.0e+400"), 2.5}, v.Any())
}

func TestPointers(t *testing.T) {
	for pointer, want := range map[string][]string{
		"": nil, "/": {""}, "/a/b": {"a", "b"}, "/a~1b/~0": {"a/b", "~"}, "/~01": {"~1"}, "//": {"", ""},
	} {
		got, err := ParsePointer(pointer)
		require.NoError(t, err)
		require.Equal(t, want, got)
		require.Equal(t, pointer, Pointer(got...))
	}
	for _, pointer := range []string{"a", "/~", "/~2", "/a~", "#/a"} {
		_, err := ParsePointer(pointer)
		require.Error(t, err, pointer)
	}
}

// What YAML means is what Helm and kubectl take it for, but for the digits of numbers.
func TestYAMLMeansWhatHelmTakesItFor(t *testing.T) {
	for _, doc := range []string{
		"a: yes\nb: On\nc: 'yes'\nd: no\ny: 1\n", "a: 0x1F\nb: 0o17\nc: 017\nd: 0b11\ne: 1_000\nf: -0x1\ng: +12\nh: 08\n",
		"a: 2001-01-01\nb: 2001-01-01T00:00:00Z\nc: 1:30\nd: 12e03\ne: .5\nf: 1.\ng: -.5\nh: 1e3x\n", "a: ~\nb:\nc: null\nd: Null\ne: ''\nf: nUll",
		"base: &b {x: 1, y2: [1, 2]}\nderived:\n  <<: *b\n  x: 2\nlist:\n  <<: [*b, {z: 3}]\n  q: *b\n", "1: a\ntrue: b\n1.5: c\n",
		"a: !!str 12\nb: !!int \"12\"\nc: !!float 3\nd: !!binary aGVsbG8=\n", "a: |\n  x\n  y\nb: >\n  x\n  y\nc: \"\\u00e9\\n\"\n",
		"- a\n- - b\n- {c: d}\n", "--- \na: 1\n---\n", "text", "a: {b: {c: [ {d: e} ]}}\nf: \"<html> & \\u2028\"",
	} {
		v, _, err := ParseYAML([]byte(doc))
		want, stockErr := stockyaml.YAMLToJSON([]byte(doc))
		require.Equal(t, stockErr == nil, err == nil, "%s: %v, %v", doc, err, stockErr)
		if err != nil {
			continue
		}
		var plain any
		require.NoError(t, json.Unmarshal(want, &plain))
		got, _ := json.Marshal(v.Any())
		require.JSONEq(t, string(want), string(got), doc)

		text, err := v.YAML()
		require.NoError(t, err)
		again, _, err := ParseYAML(text)
		require.NoError(t, err, string(text))
		require.Equal(t, string(v.JSON()), string(again.JSON()), string(text))
	}
}

func TestBadYAMLIsNamedByLine(t *testing.T) {
	for doc, want := range map[string]string{
		"a: 1\nb: [SECRET": "line", "a: SECRET: SECRET": "line 1", "a: *SECRET": "unknown anchor", "a: &x [*x]": "part of", "? {a: b}\n: SECRET": "line 1: a key must be",
		"a: 1\n---\nb: SECRET": "more than one", "a: .nan": "line 1", "a: !!int SECRET": "tag", "<<: SECRET": "merge key", "a: \xff": "UTF-8", "\tSECRET": "",
		"a: " + strings.Repeat("[", 20000): "", strings.Repeat("{a: ", 500) + "1" + strings.Repeat("}", 500): "nested", "~: SECRET": "key must be",
	} {
		_, _, err := ParseYAML([]byte(doc))
		require.ErrorContains(t, err, want, "%.40q", doc)
		require.NotContains(t, err.Error(), "SECRET")
		require.Less(t, len(err.Error()), 300)
	}
}

func TestDuplicateKeysWarn(t *testing.T) {
	v, warnings, err := ParseYAML([]byte("a: 1\nb: 2\na: 3\n"))
	require.NoError(t, err)
	require.Equal(t, `{"a":3,"b":2}`, string(v.JSON()))
	require.Equal(t, []Warning{{3, "a key is given twice, the last one counts"}}, warnings)
}

func TestAliasBombs(t *testing.T) {
	var bomb strings.Builder
	bomb.WriteString("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n")
	for i := range 20 {
		fmt.Fprintf(&bomb, "a%d: &a%d [%s]\n", i+1, i+1, strings.TrimSuffix(strings.Repeat(fmt.Sprintf("*a%d, ", i), 10), ", "))
	}
	_, _, err := ParseYAML([]byte(bomb.String()))
	require.ErrorContains(t, err, "MiB")
}

func TestReconcileKeepsIdentity(t *testing.T) {
	parse := func(s string) Value {
		v, err := ParseJSON([]byte(s))
		require.NoError(t, err)
		return v
	}
	old, fresh := parse(`{"a":{"x":1},"b":[{"y":1},{"z":1}],"c":3}`), parse(`{"a":{"x":1},"b":[{"y":1},{"z":2}],"d":4}`)
	got := Reconcile(old, fresh)
	require.Equal(t, string(fresh.JSON()), string(got.JSON()))
	part := func(v Value, tokens ...string) Value { c, _ := v.Get(tokens...); return c }
	require.True(t, part(got, "a").Same(part(old, "a")))
	require.True(t, part(got, "b", "0").Same(part(old, "b", "0")))
	var pointers []string
	for _, d := range Diff(old, fresh) {
		pointers = append(pointers, d.Pointer)
	}
	require.Equal(t, []string{"/b/1/z", "/c", "/d"}, pointers)
}

func TestKeptEncodingsStayRight(t *testing.T) {
	doc := map[string]any{}
	for i := range 300 {
		doc[fmt.Sprint("k", i)] = map[string]any{"text": strings.Repeat("x", i*7), "n": i}
	}
	v, err := Of(doc)
	require.NoError(t, err)
	v.JSON()
	for i := range 300 {
		v, err = v.Add([]string{fmt.Sprint("k", i), "n"}, NewInt(-1), false)
		require.NoError(t, err)
		doc[fmt.Sprint("k", i)].(map[string]any)["n"] = -1
		require.Equal(t, stockJSON(t, doc), string(v.JSON()))
	}
}

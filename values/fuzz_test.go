package values

import (
	"errors"
	"testing"

	"github.com/addonkit/addonkit/values/internal/tree"
)

// FuzzPatch feeds patch streams to a section. What is refused changes nothing; what is
// taken equals the stock implementation and merging afresh.
func FuzzPatch(f *testing.F) {
	for _, seed := range []string{
		`[{"op":"add","path":"/m/a","value":{}},{"op":"add","path":"/m/a/b","value":80}]`, `{"op":"remove","path":"/m/c"}{"op":"add","path":"/m/l/-","value":1}`,
		`{"op":"move","from":"/m/o/p","path":"/m/q"}`, `{"op":"copy","from":"/m/o","path":"/m/l/0"}`, `{"op":"test","path":"/m/n","value":1.0}`,
		`{"op":"replace","path":"/m/o","value":[1e3,-0,"\u0000"]}`, `{"op":"add","path":"/m/~1~0","value":null}`, `{"op":"add","path":"/m","value":{}}`, `{"op":"add","path":"/mEnabled","value":true}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		patch, err := ParsePatch(data)
		if err != nil {
			return
		}
		s := NewStore(Options{})
		if err := s.SetSection("m", Spec{Static: []File{{Name: "f", Data: []byte("m: {a: 1, c: x, l: [1, [2]], o: {p: {q: 1}}, n: 1}")}}}); err != nil {
			t.Fatal(err)
		}
		before := s.View()
		plain := string(before.JSON())
		p, err := s.Prepare(Change{Section: "m", Memory: patch})
		if err == nil {
			_, err = p.Commit()
		}
		if string(before.JSON()) != plain {
			t.Fatal("a View changed")
		}
		if err != nil {
			var refused *PatchError
			if s.View().Digest() != before.Digest() || !errors.As(err, &refused) && !errors.Is(err, tree.ErrTooBig) && !errors.Is(err, tree.ErrTooDeep) {
				t.Fatalf("refused with %v", err)
			}
			return
		}
		sec := s.state.Load().sections["m"]
		_, afresh, err := (&section{key: "m", spec: sec.spec, patches: sec.patches}).build(sec.config)
		if err != nil || !afresh.Equal(sec.effective) {
			t.Fatalf("merged afresh: %v\n%s\n%s", err, afresh.JSON(), sec.effective.JSON())
		}
	})
}

// FuzzMerge feeds YAML to all layers of a section.
func FuzzMerge(f *testing.F) {
	f.Add([]byte("m: {a: 1, b: {c: [1]}}"), []byte("a: {x: &x 1, y: *x}\nb: null"), []byte("{type: object, properties: {a: {default: 3}}}"))
	f.Add([]byte("mEnabled: yes\nm:\n  <<: {a: 1}\n"), []byte("? 1\n: 0x1F\n"), []byte("{x-extend: {schema: config-values.yaml}}"))
	f.Fuzz(func(t *testing.T, static, config, schema []byte) {
		s := NewStore(Options{})
		spec := Spec{Static: []File{{Name: "static", Data: static}}, ConfigSchema: File{Name: "config-values.yaml", Data: schema}, Schema: File{Name: "values.yaml", Data: schema}}
		before := s.View().Digest()
		if err := s.SetSection("m", spec); err != nil {
			if s.View().Digest() != before {
				t.Fatal("a refused spec changed the values")
			}
			return
		}
		before = s.View().Digest()
		change := s.SetConfig(ParseConfig("CM", "1", map[string]string{"m": string(config)}))
		if change.Errors["m"] != nil && s.View().Digest() != before {
			t.Fatal("a refused configuration changed the values")
		}
		text, err := s.View().YAML()
		if err != nil {
			t.Fatal(err)
		}
		again, err := ParseView(File{Name: "again", Data: text})
		if err != nil || again.Digest() != s.View().Digest() {
			t.Fatalf("YAML does not come back: %v\n%q\n%q", err, text, s.View().JSON())
		}
		plain, err := ViewOf(s.View().Map())
		if err != nil || plain.Len() != s.View().Len() {
			t.Fatalf("plain Go data does not come back: %v", err)
		}
		if _, err := s.Explain(""); err != nil {
			t.Fatal(err)
		}
		_ = s.CheckRender("m")
		_ = s.Masked()
	})
}

// FuzzPointer checks that a pointer that is taken comes back as it was.
func FuzzPointer(f *testing.F) {
	for _, seed := range []string{"", "/", "/a/b", "/a~1b/~0/~01", "a", "/~"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, pointer string) {
		tokens, err := tree.ParsePointer(pointer)
		if err == nil && tree.Pointer(tokens...) != pointer {
			t.Fatalf("%q came back as %q", pointer, tree.Pointer(tokens...))
		}
		v, _ := ViewOf(map[string]any{"a": []any{map[string]any{"b": 1}}, "": 1})
		if part, ok := v.At(pointer); ok && (err != nil || part.IsZero()) {
			t.Fatalf("%q found something", pointer)
		}
	})
}

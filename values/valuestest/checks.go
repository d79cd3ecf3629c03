package valuestest

import (
	"testing"

	"github.com/addonkit/addonkit/values"
)

type doc = map[string]any

func anything(values.Config) bool { return true }

func absent(t *testing.T, b *bench) {
	b.watch()
	c := b.until("the first state", anything)
	for key, s := range c.Sections {
		if content(c, key) != "" || s.Enabled != nil || s.Err != nil {
			t.Errorf("section %s is there from the start", key)
		}
	}
}

func presentFirst(_ *testing.T, b *bench) {
	b.edit("alpha", doc{"a": 1})
	b.watch()
	b.until("alpha", holds("alpha", `{"a":1}`))
}

func edits(_ *testing.T, b *bench) {
	b.watch()
	b.until("the first state", anything)
	b.edit("alpha", doc{"a": 1})
	b.until("alpha", holds("alpha", `{"a":1}`))
	b.edit("alpha", doc{"a": 2, "text": "two\nlines: yes"})
	b.until("alpha again", holds("alpha", `{"a":2,"text":"two\nlines: yes"}`))
	b.edit("global", doc{"g": true})
	c := b.until("global", holds("global", `{"g":true}`))
	if content(c, "alpha") == "" {
		b.t.Error("a told configuration must be whole, and lacks alpha")
	}
}

func removal(_ *testing.T, b *bench) {
	b.edit("alpha", doc{"a": 1})
	b.edit("beta", doc{"b": 1})
	b.watch()
	b.until("alpha", holds("alpha", `{"a":1}`))
	b.edit("alpha", nil)
	b.until("the removal of alpha", func(c values.Config) bool { return content(c, "alpha") == "" && content(c, "beta") != "" })
}

func flags(_ *testing.T, b *bench) {
	on, off := true, false
	b.watch()
	b.Edit(b.t, "alpha", doc{"a": 1}, &off)
	b.until("alpha off", func(c values.Config) bool { f := c.Sections["alpha"].Enabled; return f != nil && !*f })
	b.Edit(b.t, "alpha", doc{"a": 1}, &on)
	b.until("alpha on", func(c values.Config) bool { f := c.Sections["alpha"].Enabled; return f != nil && *f })
	b.Edit(b.t, "alpha", doc{"a": 1}, nil)
	b.until("alpha without a flag", func(c values.Config) bool { return c.Sections["alpha"].Enabled == nil })
}

func saveIsKept(_ *testing.T, b *bench) {
	b.watch()
	c := b.until("the first state", anything)
	b.save("alpha", doc{"a": 1}, c.Version)
	b.stop()
	b.told = nil
	b.watch()
	b.until("what was saved", holds("alpha", `{"a":1}`))
}

func saveKeepsTheRest(t *testing.T, b *bench) {
	on := true
	b.Edit(b.t, "alpha", doc{"a": 1}, &on)
	b.edit("beta", doc{"b": 1})
	b.watch()
	c := b.until("both", holds("beta", `{"b":1}`))
	b.save("alpha", doc{"a": 2}, c.Version)
	b.stop()
	b.told = nil
	b.watch()
	c = b.until("what was saved", holds("alpha", `{"a":2}`))
	if f := c.Sections["alpha"].Enabled; f == nil || !*f {
		t.Error("Save lost the section's flag")
	}
	if content(c, "beta") != `{"b":1}` {
		t.Error("Save changed another section")
	}
}

func saveTwice(_ *testing.T, b *bench) {
	b.watch()
	c := b.until("the first state", anything)
	v := b.save("alpha", doc{"a": 1}, c.Version)
	v = b.save("alpha", doc{"a": 2}, v)
	b.save("beta", doc{"b": 1}, v)
}

func conflict(t *testing.T, b *bench) {
	b.edit("alpha", doc{"a": 1})
	b.watch()
	c := b.until("alpha", holds("alpha", `{"a":1}`))
	b.edit("alpha", doc{"a": 2})
	_, err := b.Source.Save(t.Context(), "alpha", doc{"a": 3}, c.Version)
	conflicts(t, err)
	c = b.until("the other's edit", holds("alpha", `{"a":2}`))
	b.save("alpha", doc{"a": 3}, c.Version)
}

func staleOwn(t *testing.T, b *bench) {
	b.edit("alpha", doc{"a": 1})
	b.watch()
	c := b.until("alpha", holds("alpha", `{"a":1}`))
	b.save("alpha", doc{"a": 2}, c.Version)
	_, err := b.Source.Save(t.Context(), "alpha", doc{"a": 3}, c.Version)
	conflicts(t, err)
}

func otherSectionMoved(_ *testing.T, b *bench) {
	b.edit("alpha", doc{"a": 1})
	b.watch()
	c := b.until("alpha", holds("alpha", `{"a":1}`))
	b.edit("beta", doc{"b": 1})
	b.save("alpha", doc{"a": 2}, c.Version)
	b.until("the other's edit", func(c values.Config) bool {
		return content(c, "beta") == `{"b":1}` && content(c, "alpha") == `{"a":2}`
	})
}

func saveEmpty(_ *testing.T, b *bench) {
	b.edit("alpha", doc{"a": 1})
	b.edit("beta", doc{"b": 1})
	b.watch()
	c := b.until("both", func(c values.Config) bool { return content(c, "alpha") != "" && content(c, "beta") != "" })
	b.save("alpha", doc{}, c.Version)
	b.stop()
	b.told = nil
	b.watch()
	b.until("no alpha", func(c values.Config) bool { return content(c, "alpha") == "" && content(c, "beta") != "" })
}

// ownSaveIsSilent listens for a while after two saves, and then for an edit.
func ownSaveIsSilent(t *testing.T, b *bench) {
	b.watch()
	b.until("the first state", anything)
	b.edit("mark", doc{"x": 1})
	c := b.until("the first mark", holds("mark", `{"x":1}`))
	before := b.count()
	v := b.save("alpha", doc{"a": 1}, c.Version)
	b.save("alpha", doc{"a": 2}, v)
	b.listen(b.Patience / 5)
	if told := b.count() - before; told != 0 {
		t.Errorf("two saves were told %d times; want never", told)
	}
	b.edit("mark", doc{"x": 2})
	b.until("the second mark", holds("mark", `{"x":2}`))
}

func editAfterSave(_ *testing.T, b *bench) {
	b.watch()
	c := b.until("the first state", anything)
	b.save("alpha", doc{"a": 1}, c.Version)
	b.edit("beta", doc{"b": 1})
	b.until("both", func(c values.Config) bool {
		return content(c, "alpha") == `{"a":1}` && content(c, "beta") == `{"b":1}`
	})
}

func saveInside(t *testing.T, b *bench) {
	saved := false
	b.inside = func(c values.Config) {
		if content(c, "alpha") == `{"a":1}` && !saved {
			saved = true
			if _, err := b.Source.Save(t.Context(), "alpha", doc{"a": 2}, c.Version); err != nil {
				t.Errorf("Save from within the call: %v", err)
			}
		}
	}
	b.edit("alpha", doc{"a": 1})
	b.watch()
	b.until("alpha", anything)
	b.edit("beta", doc{"b": 1})
	b.until("both", func(c values.Config) bool { return content(c, "alpha") == `{"a":2}` && content(c, "beta") != "" })
}

func watchEnds(_ *testing.T, b *bench) {
	b.watch()
	b.until("the first state", anything)
	b.stop()
}

func numbers(_ *testing.T, b *bench) {
	b.watch()
	c := b.until("the first state", anything)
	big, err := values.ParseView(values.File{Name: "numbers", Data: []byte("i: 12345678901234567890123\nf: 1.0\nk: 9007199254740993")})
	if err != nil {
		b.t.Fatal(err)
	}
	b.save("alpha", big.Map(), c.Version)
	b.edit("beta", doc{"b": 1})
	b.until("the numbers", holds("alpha", `{"f":1.0,"i":12345678901234567890123,"k":9007199254740993}`))
}

package values

import (
	"maps"
	"slices"

	"github.com/addonkit/addonkit/values/internal/tree"
)

// Change is what one hook run wishes of the values. It is taken whole or not at all.
type Change struct {
	// Section is the caller's own. Pointers must begin with "/<section>"; a Change of
	// the global section may also set, and remove, "/<key>Enabled" of any module.
	Section string
	// Memory patches the effective values, for as long as the operator lives. Its
	// operations see what Config has done.
	Memory Patch
	// Config patches the configuration, which the caller saves before it commits.
	Config Patch
	// Source is the hook's name and Cause what led to its run, for provenance.
	Source, Cause string
}

// Prepared is a Change that was checked. It has changed nothing yet. It is for one
// goroutine.
type Prepared struct {
	store  *Store
	change Change
	from   *section // what it was checked against
	result *outcome
	saved  *string
	done   bool
}

// Commit tells what a committed Change did.
type Commit struct {
	Values   bool     // the effective values of the section changed
	Config   bool     // its configuration changed
	Flags    []string // sections whose hook flag changed, sorted
	Pointers []string // the topmost places of the effective values that differ, in order
}

// Prepare checks everything about a Change: its pointers, that they stay within what
// the caller may touch, the operations, and the schemas. It changes nothing. Errors
// are *PatchError or *InvalidError, or ErrNoSection.
func (s *Store) Prepare(c Change) (*Prepared, error) {
	st := s.state.Load()
	sec := st.sections[c.Section]
	if sec == nil || sec.spec == nil {
		return nil, noSection(c.Section)
	}
	out, err := s.apply(st, sec, c)
	if err != nil {
		return nil, err
	}
	return &Prepared{store: s, change: c, from: sec, result: out}, nil
}

// Config returns the configuration to save when the Change alters it: a private copy
// of the whole section, and the version on which Source.Save must depend. Save it, tell
// Saved, then Commit.
func (p *Prepared) Config() (doc map[string]any, version string, changed bool) {
	if !p.result.configChanged {
		return nil, p.from.version, false
	}
	return View{v: p.result.section.config}.Map(), p.from.version, true
}

// Saved notes the version that Source.Save returned. From then on Commit puts the saved
// configuration in force even if the rest of the Change can no longer be taken.
func (p *Prepared) Saved(version string) { p.saved = &version }

// Commit takes the Change. If the section moved since Prepare, everything is checked
// again on what it is now. The error leaves the Store as it was, but for a configuration
// that was Saved.
func (p *Prepared) Commit() (Commit, error) {
	if p.done {
		return Commit{}, ErrCommitted
	}
	s := p.store
	s.write.Lock()
	defer s.write.Unlock()
	st := s.state.Load()
	now := st.sections[p.change.Section]
	if now == nil || now.spec == nil {
		return Commit{}, noSection(p.change.Section)
	}
	out, err := p.result, error(nil)
	if now != p.from {
		out, err = p.again(st, now)
	}
	if out == nil {
		return Commit{}, err
	}
	p.done = err == nil
	commit := Commit{Config: !now.config.Equal(out.section.config)}
	fresh := map[string]*section{now.key: out.section}
	if p.saved != nil {
		out.section.version = *p.saved
	}
	for _, key := range slices.Sorted(maps.Keys(out.flags)) {
		sec := st.section(key)
		if !flagChanged(sec.flags.Hook, out.flags[key]) {
			continue
		}
		other := *sec
		other.flags.Hook = out.flags[key]
		fresh[key] = &other
		commit.Flags = append(commit.Flags, key)
	}
	commit.Pointers = s.swap(fresh, s.origin(LayerPatch, p.change.Source, p.change.Cause))
	commit.Values = len(commit.Pointers) > 0
	return commit, err
}

// again checks the Change on a section that moved. A configuration that was saved is in
// force in any case.
func (p *Prepared) again(st *state, now *section) (*outcome, error) {
	if p.saved == nil || !p.result.configChanged {
		return p.store.apply(st, now, p.change)
	}
	sec := *now
	sec.setConfig(p.result.section.config)
	if err := sec.rebuild(); err != nil {
		return nil, err
	}
	rest := p.change
	rest.Config = nil
	out, err := p.store.apply(st, &sec, rest)
	if err != nil {
		return &outcome{section: &sec, configChanged: true}, err
	}
	out.configChanged = true
	return out, nil
}

// DropPatches forgets what hooks have put into a section's memory, when the module is
// disabled. It reports whether the effective values changed.
func (s *Store) DropPatches(key string) (changed bool) {
	s.write.Lock()
	defer s.write.Unlock()
	old := s.state.Load().sections[key]
	if old == nil || old.spec == nil || old.patches.Len() == 0 && old.patches.Kind() == tree.Overlay {
		return false
	}
	sec := *old
	sec.patches = tree.EmptyOverlay()
	sec.effective = tree.Adopt(old.effective, sec.base)
	s.swap(map[string]*section{key: &sec}, s.origin(LayerPatch, "", "hook patches dropped"))
	return !sec.effective.Equal(old.effective)
}

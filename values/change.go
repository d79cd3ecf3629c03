package values

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

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

// outcome is a section after a Change.
type outcome struct {
	section       *section
	flags         map[string]*Flag // by key; nil: the flag is withdrawn
	configChanged bool
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

// apply computes the section after the Change.
func (s *Store) apply(st *state, sec *section, c Change) (*outcome, error) {
	next := *sec
	out := &outcome{section: &next}
	origin := s.origin(LayerPatch, c.Source, c.Cause)
	memory, err := out.partition(st, c.Section, c.Memory, origin)
	if err != nil {
		return nil, fmt.Errorf("values patch: %w", err)
	}
	config, err := out.partition(st, c.Section, c.Config, origin)
	if err != nil {
		return nil, fmt.Errorf("configuration patch: %w", err)
	}
	if len(config) > 0 {
		written := s.origin(LayerConfig, c.Source, c.Cause)
		if err := out.patchConfig(sec, config, written); err != nil {
			return nil, fmt.Errorf("configuration patch: %w", err)
		}
	}
	if err := next.patchMemory(memory, origin); err != nil {
		return nil, fmt.Errorf("values patch: %w", err)
	}
	if next.effective.Same(sec.effective) {
		return out, nil
	}
	if err := next.effective.Check(); err != nil {
		return nil, fmt.Errorf("values patch: the section %w", err)
	}
	return out, next.check(next.spec.schemas.Values, next.effective, sec.effective, roleValues)
}

// partition takes the flags out of a patch and refuses what the caller may not touch.
func (out *outcome) partition(st *state, own string, patch Patch, origin *tree.Origin) ([]step, error) {
	steps := make([]step, 0, len(patch))
	for i, op := range patch {
		st2, flag, err := newStep(i, op, own, origin)
		if err != nil {
			return nil, err
		}
		if flag != "" {
			if err := out.setFlag(st, flag, st2); err != nil {
				return nil, err
			}
			continue
		}
		steps = append(steps, st2)
	}
	return steps, nil
}

func (out *outcome) setFlag(st *state, key string, op step) error {
	if out.flags == nil {
		out.flags = map[string]*Flag{}
	}
	have, here := out.flags[key]
	if !here {
		have = st.section(key).flags.Hook
	}
	switch op.op {
	case "remove":
		out.flags[key] = nil
		return nil
	case "add", "replace", "test":
	default:
		return op.refuse(errors.New("a flag can only be added, replaced, removed or tested"))
	}
	on, ok := asBool(op.value)
	if !ok {
		return op.refuse(errors.New("a flag must be true or false"))
	}
	if op.op == "test" {
		if have == nil || have.Value != on {
			return op.refuse(errTest)
		}
		return nil
	}
	if have == nil || have.Value != on {
		have = &Flag{Value: on, Origin: publicOrigin(op.value.Origin())}
	}
	out.flags[key] = have
	return nil
}

// patchConfig applies operations to the configuration and puts the result in force.
func (out *outcome) patchConfig(old *section, steps []step, origin *tree.Origin) error {
	sec := out.section
	if sec.refused != nil {
		return errors.New("the section's present configuration is refused, and saving would overwrite it; correct it first")
	}
	doc := sec.config
	if !doc.Exists() {
		doc = tree.EmptyMap().WithOrigin(origin)
	}
	for _, s := range steps {
		s.value, s.origin = s.value.Stamp(origin), origin
		var err error
		if doc, err = s.apply(doc); err != nil {
			return s.refuse(err)
		}
	}
	doc = tree.Reconcile(sec.config, doc)
	if doc.Same(sec.config) || doc.Len() == 0 && !sec.config.Exists() {
		return nil
	}
	if err := doc.Check(); err != nil {
		return fmt.Errorf("the section %w", err)
	}
	if err := sec.fitsConfigSchema(doc, old.config); err != nil {
		return err
	}
	out.configChanged = true
	sec.setConfig(doc)
	return sec.rebuild()
}

// setConfig makes a configuration that our own side wrote the one in force.
func (sec *section) setConfig(doc tree.Value) {
	sec.config = doc
	d := delivery{}
	if sec.delivered != nil {
		d = *sec.delivered
	}
	d.config, d.err = doc, nil
	sec.delivered = &d
}

// patchMemory applies operations to the effective values and notes the outcome in the
// patch layer.
func (sec *section) patchMemory(steps []step, origin *tree.Origin) error {
	for _, s := range steps {
		if s.repeats(sec.effective) {
			continue
		}
		doc, err := s.apply(sec.effective)
		if err != nil {
			return s.refuse(err)
		}
		for _, path := range s.touched(sec.effective) {
			sec.patches = record(sec.patches, sec.base, doc, path, origin)
		}
		sec.effective = doc
	}
	return nil
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

// root returns the first token of a pointer.
func root(pointer string) string {
	first, _, _ := strings.Cut(strings.TrimPrefix(pointer, "/"), "/")
	return first
}

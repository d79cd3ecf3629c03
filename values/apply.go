package values

import (
	"errors"
	"fmt"
	"strings"

	"github.com/addonkit/addonkit/values/internal/tree"
)

// outcome is a section after a Change.
type outcome struct {
	section       *section
	flags         map[string]*Flag // by key; nil: the flag is withdrawn
	configChanged bool
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

// root returns the first token of a pointer.
func root(pointer string) string {
	first, _, _ := strings.Cut(strings.TrimPrefix(pointer, "/"), "/")
	return first
}

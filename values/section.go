package values

import (
	"errors"
	"fmt"

	"github.com/addonkit/addonkit/values/internal/schema"
	"github.com/addonkit/addonkit/values/internal/tree"
)

// section is the state of one section. It is never changed once it is in a state;
// writers change a copy.
type section struct {
	key  string
	spec *spec // nil: known from the configuration only

	delivered *delivery // the configuration as it came last
	config    tree.Value
	version   string // at which config was last known to be what the Source holds
	refused   error

	base      tree.Value // everything below the hooks' patches
	patches   tree.Value // the patch layer, as an overlay
	effective tree.Value

	flags       Flags
	maintenance string
	history     []Record // the newest last; never changed, only replaced
}

// delivery is a Section with its YAML read.
type delivery struct {
	config      tree.Value // Absent: none
	enabled     *bool
	maintenance string
	file        string
	err         error
	warnings    []string
}

func blankSection(key string) *section {
	return &section{key: key, patches: tree.EmptyOverlay(), base: tree.EmptyMap(), effective: tree.EmptyMap()}
}

// The roles of a schema.
const (
	roleConfig = "config"
	roleValues = "values"
	roleHelm   = "helm"
)

// check validates a section's values. A nil schema takes everything.
func (sec *section) check(n *schema.Node, v, old tree.Value, role string) error {
	if n == nil {
		return nil
	}
	found := n.Validate(v, old, "/"+sec.key, role == roleHelm)
	if len(found) == 0 {
		return nil
	}
	e := &InvalidError{Section: sec.key, Role: role}
	for _, f := range found {
		e.Violations = append(e.Violations, Violation(f))
	}
	return e
}

// build computes the layers from the bottom for a configuration.
func (sec *section) build(config tree.Value) (base, effective tree.Value, err error) {
	base = tree.Merge(sec.spec.start, config)
	if v := sec.spec.schemas.Values; v != nil {
		if base, err = v.Fill(base, sec.spec.defaults); err != nil {
			return base, base, err
		}
	}
	base = tree.Adopt(sec.base, base)
	effective = tree.Adopt(sec.effective, patched(base, sec.patches))
	if err := effective.Check(); err != nil {
		return base, base, fmt.Errorf("the merged section %w", err)
	}
	return base, effective, nil
}

// patched puts the patch layer above the others. It is an overlay, until a hook replaces
// the section as a whole.
func patched(base, patches tree.Value) tree.Value {
	if patches.Kind() != tree.Overlay {
		return patches
	}
	return tree.Merge(base, patches)
}

// rebuild computes the layers for the configuration that is in force.
func (sec *section) rebuild() error {
	base, effective, err := sec.build(sec.config)
	if err == nil {
		sec.base, sec.effective = base, effective
	}
	return err
}

// takeConfig puts what was delivered in force, or notes why not and keeps the last
// good state. When the spec is fresh, the last good one is judged again too.
func (sec *section) takeConfig(origin originFunc, freshSpec bool) {
	sec.refused = nil
	if sec.spec != nil {
		sec.flags.Static = sec.spec.enabled
	}
	if d := sec.delivered; d != nil {
		if sec.refused = sec.tryConfig(d, freshSpec); sec.refused == nil {
			sec.maintenance = d.maintenance
			sec.setConfigFlag(d, origin)
			if sec.spec != nil {
				sec.config = d.config
			}
			return
		}
	}
	if freshSpec && sec.spec != nil && sec.config.Exists() && sec.checkConfig(sec.config, tree.Value{}) != nil {
		sec.config = tree.Value{}
	}
}

// tryConfig says why a delivered configuration cannot be in force.
func (sec *section) tryConfig(d *delivery, freshSpec bool) error {
	if d.err != nil || sec.spec == nil {
		return d.err
	}
	old := sec.config
	if freshSpec {
		old = tree.Value{}
	}
	err := sec.checkConfig(d.config, old)
	if err != nil && d.file != "" {
		return fmt.Errorf("%s: %w", d.file, err)
	}
	return err
}

// checkConfig judges a configuration: by the config schema, and by whether the values
// schema still takes a section that it took without it.
func (sec *section) checkConfig(config, old tree.Value) error {
	if !config.Exists() {
		return nil
	}
	if err := sec.fitsConfigSchema(config, old); err != nil {
		return err
	}
	_, effective, err := sec.build(config)
	if err != nil {
		return err
	}
	values := sec.spec.schemas.Values
	if err := sec.check(values, effective, sec.effective, roleValues); err != nil {
		if _, before, e := sec.build(old); e == nil && sec.check(values, before, tree.Value{}, roleValues) == nil {
			return err
		}
	}
	return nil
}

// fitsConfigSchema judges the configuration with the defaults filled in, as the user
// wrote it or, where that lacks something, on top of the static values.
func (sec *section) fitsConfigSchema(config, old tree.Value) error {
	n := sec.spec.schemas.Config
	if n == nil {
		return nil
	}
	fill := func(below, v tree.Value) (tree.Value, error) {
		if !v.Exists() {
			return v, nil
		}
		return n.Fill(tree.Merge(below, v), nil)
	}
	judge := func(below tree.Value) error {
		now, err := fill(below, config)
		if err != nil {
			return err
		}
		before, err := fill(below, old)
		if err != nil {
			return err
		}
		return sec.check(n, now, before, roleConfig)
	}
	err := judge(tree.EmptyMap())
	if err != nil && judge(sec.spec.start) == nil {
		return nil
	}
	return err
}

func (sec *section) setConfigFlag(d *delivery, origin originFunc) {
	have := sec.flags.Config
	switch {
	case d.enabled == nil:
		sec.flags.Config = nil
	case have == nil || have.Value != *d.enabled:
		sec.flags.Config = &Flag{Value: *d.enabled, Origin: publicOrigin(origin(LayerConfig, d.file, ""))}
	}
}

func noSection(key string) error { return fmt.Errorf("%q: %w", key, ErrNoSection) }

var errEmptyRoot = errors.New("the section itself cannot be removed; remove what is in it")

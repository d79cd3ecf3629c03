package values

import (
	"fmt"
	"slices"

	"github.com/addonkit/addonkit/values/internal/tree"
)

// ConfigChange tells what a SetConfig did. Keys are sorted.
type ConfigChange struct {
	Sections    []string         // whose effective values changed
	Enabled     []string         // whose configuration's flag changed
	Maintenance []string         // whose maintenance changed
	Errors      map[string]error // why what was delivered is not in force, by key: all that are refused now
}

// Changed reports whether anything that is in force changed.
func (c ConfigChange) Changed() bool {
	return len(c.Sections)+len(c.Enabled)+len(c.Maintenance) > 0
}

// SetConfig puts a configuration in force, section by section. A section that cannot be
// read or does not fit keeps its last good state, flags included, and is reported; the
// others are taken. Sections that nobody has set yet are remembered. A key that the
// Config lacks has no configuration any more.
func (s *Store) SetConfig(c Config) ConfigChange {
	s.write.Lock()
	defer s.write.Unlock()
	old := s.state.Load()
	change := ConfigChange{Errors: map[string]error{}}
	fresh := map[string]*section{}
	for key := range old.sections {
		if _, there := c.Sections[key]; !there {
			s.deliver(old, key, Section{}, c.Version, fresh)
		}
	}
	for key, sec := range c.Sections {
		s.deliver(old, key, sec, c.Version, fresh)
	}
	for key, sec := range fresh {
		was := old.section(key)
		if !was.effective.Equal(sec.effective) {
			change.Sections = append(change.Sections, key)
		}
		if flagChanged(was.flags.Config, sec.flags.Config) {
			change.Enabled = append(change.Enabled, key)
		}
		if was.maintenance != sec.maintenance {
			change.Maintenance = append(change.Maintenance, key)
		}
		if sec.refused != nil {
			change.Errors[key] = sec.refused
		}
	}
	for _, keys := range [][]string{change.Sections, change.Enabled, change.Maintenance} {
		slices.Sort(keys)
	}
	s.swap(fresh, s.origin(LayerConfig, "", "version "+c.Version))
	return change
}

// Maintenance returns what the configuration says of a section's maintenance.
func (s *Store) Maintenance(key string) string { return s.state.Load().section(key).maintenance }

// deliver puts the section with its new configuration into fresh.
func (s *Store) deliver(old *state, key string, in Section, version string, fresh map[string]*section) {
	sec := *old.section(key)
	sec.version = version
	sec.delivered = sec.read(in, s.origin)
	sec.takeConfig(s.origin, false)
	if sec.spec != nil {
		if err := sec.rebuild(); err != nil {
			sec = *old.section(key)
			sec.refused = fmt.Errorf("%s: %w", in.File, err)
		}
	}
	if known := old.sections[key] != nil; known || in.Data != nil || in.Enabled != nil || in.Maintenance != "" || in.Err != nil {
		fresh[key] = &sec
	}
}

// read parses a delivered section. What equals the configuration in force keeps its
// identity and its origins.
func (sec *section) read(in Section, origin originFunc) *delivery {
	d := &delivery{enabled: in.Enabled, maintenance: in.Maintenance, file: in.File, err: in.Err}
	if d.err != nil {
		return d
	}
	v, warnings, err := in.parse()
	if err != nil {
		d.err = err
		return d
	}
	for _, w := range warnings {
		d.warnings = append(d.warnings, fmt.Sprintf("%s: line %d: %s", in.File, w.Line, w.Text))
	}
	if v.Exists() {
		v = tree.Reconcile(sec.config, v.Stamp(origin(LayerConfig, in.File, "")))
	}
	d.config = v
	return d
}

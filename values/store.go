package values

import (
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/addonkit/addonkit/values/internal/tree"
)

// Options are settings of a Store. The zero value works.
type Options struct {
	Now     func() time.Time // for provenance; default time.Now
	History int              // changes remembered for each section; default 64, negative: none
}

// Store holds the values of all sections. It is safe for concurrent use: readers take
// the present state and never wait, writers wait for each other. The section "global"
// is always there.
type Store struct {
	now     func() time.Time
	history int
	write   sync.Mutex
	state   atomic.Pointer[state]

	subscribers map[*subscriber]struct{} // guarded by write, as the next
	parsed      parseCache
}

// state is one immutable moment of the Store.
type state struct {
	sections  map[string]*section
	effective tree.Value // of all sections that are set
	config    tree.Value
}

// NewStore returns a Store that holds an empty global section.
func NewStore(o Options) *Store {
	s := &Store{now: o.Now, history: o.History, subscribers: map[*subscriber]struct{}{}}
	if s.history == 0 {
		s.history = 64
	}
	if s.now == nil {
		s.now = time.Now
	}
	s.state.Store(&state{effective: tree.EmptyMap(), config: tree.EmptyMap()})
	_ = s.SetSection(Global, Spec{}) // an empty Spec is never refused
	return s
}

// View returns the effective values of all sections, under their keys.
func (s *Store) View() View { return View{v: s.state.Load().effective} }

// ConfigView returns the configuration that is in force, under the same keys, without
// static values, defaults and patches of memory.
func (s *Store) ConfigView() View { return View{v: s.state.Load().config} }

// Masked returns the effective values for the eyes of people: everything that a schema
// calls x-sensitive is replaced by "(sensitive)".
func (s *Store) Masked() View {
	st := s.state.Load()
	v := st.effective
	for _, e := range v.All() {
		set := st.sections[e.Key].spec.schemas
		v = v.With(e.Key, set.Config.Mask(set.Values.Mask(e.Value)))
	}
	return View{v: v}
}

// Warnings returns what is probably a mistake in the files and the configuration of a
// section, such as a key that is given twice.
func (s *Store) Warnings(key string) []string {
	sec := s.state.Load().section(key)
	var out []string
	if sec.spec != nil {
		out = append(out, sec.spec.warnings...)
	}
	if sec.delivered != nil {
		out = append(out, sec.delivered.warnings...)
	}
	return out
}

// Refused returns why the configuration last delivered is not in force, by key; only
// keys with such a reason are there.
func (s *Store) Refused() map[string]error {
	out := map[string]error{}
	for key, sec := range s.state.Load().sections {
		if sec.refused != nil {
			out[key] = sec.refused
		}
	}
	return out
}

// CheckRender reports whether the effective values of a section are complete enough
// for its chart: they fit the values schema, and what x-required-for-helm names is
// there. The error is an *InvalidError, or ErrNoSection.
func (s *Store) CheckRender(key string) error {
	sec := s.state.Load().sections[key]
	if sec == nil || sec.spec == nil {
		return noSection(key)
	}
	return sec.check(sec.spec.schemas.Values, sec.effective, tree.Value{}, roleHelm)
}

// swap installs a state in which the given sections are replaced; a section without a
// spec shows no values. It returns the topmost places that differ, notes them in the
// sections' histories and tells subscribers. Callers hold write.
func (s *Store) swap(fresh map[string]*section, why *tree.Origin) (pointers []string) {
	old := s.state.Load()
	next := &state{sections: maps.Clone(old.sections), effective: old.effective, config: old.config}
	if next.sections == nil {
		next.sections = map[string]*section{}
	}
	for _, key := range slices.Sorted(maps.Keys(fresh)) {
		sec, was := fresh[key], old.section(key)
		next.sections[key] = sec
		differing := differences(was, sec)
		if len(differing) > 0 {
			sec.remember(why, differing, s.history)
			pointers = append(pointers, differing...)
		}
		if sec.spec == nil {
			next.effective, next.config = next.effective.Without(key), next.config.Without(key)
			continue
		}
		next.effective = next.effective.With(key, sec.effective)
		config := sec.config
		if !config.Exists() {
			config = tree.EmptyMap()
		}
		next.config = next.config.With(key, config)
	}
	s.state.Store(next)
	s.tell(Update{View: View{v: next.effective}, Pointers: pointers, Origin: publicOrigin(why)})
	return pointers
}

// differences returns the topmost pointers where the effective values of a section differ.
func differences(was, now *section) (pointers []string) {
	at := func(sec *section) tree.Value {
		if sec.spec == nil {
			return tree.Value{}
		}
		return sec.effective
	}
	for _, d := range tree.Diff(at(was), at(now)) {
		pointers = append(pointers, "/"+now.key+d.Pointer)
	}
	return pointers
}

// section returns the section of the key, a blank one when there is none.
func (st *state) section(key string) *section {
	if sec := st.sections[key]; sec != nil {
		return sec
	}
	return blankSection(key)
}

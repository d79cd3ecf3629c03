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
	Now func() time.Time // for provenance; default time.Now
}

// Store holds the values of all sections. It is safe for concurrent use: readers take
// the present state and never wait, writers wait for each other. The section "global"
// is always there.
type Store struct {
	now   func() time.Time
	write sync.Mutex
	state atomic.Pointer[state]
}

// state is one immutable moment of the Store.
type state struct {
	sections  map[string]*section
	effective tree.Value // of all sections that are set
	config    tree.Value
}

// NewStore returns a Store that holds an empty global section.
func NewStore(o Options) *Store {
	s := &Store{now: o.Now}
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

// swap installs a state in which the given sections are replaced; a nil one is gone.
// Callers hold write.
func (s *Store) swap(fresh map[string]*section) {
	old := s.state.Load()
	next := &state{sections: maps.Clone(old.sections), effective: old.effective, config: old.config}
	if next.sections == nil {
		next.sections = map[string]*section{}
	}
	for _, key := range slices.Sorted(maps.Keys(fresh)) {
		sec := fresh[key]
		if sec == nil {
			delete(next.sections, key)
		} else {
			next.sections[key] = sec
		}
		if sec == nil || sec.spec == nil {
			next.effective, next.config = next.effective.Without(key), next.config.Without(key)
			continue
		}
		next.effective = next.effective.With(key, sec.effective)
		if sec.config.Exists() {
			next.config = next.config.With(key, sec.config)
		} else {
			next.config = next.config.With(key, tree.EmptyMap())
		}
	}
	s.state.Store(next)
}

// section returns the section of the key, a blank one when there is none.
func (st *state) section(key string) *section {
	if sec := st.sections[key]; sec != nil {
		return sec
	}
	return blankSection(key)
}

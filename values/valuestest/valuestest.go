// Package valuestest checks implementations of values.Source.
package valuestest

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/addonkit/addonkit/values"
)

// Fixture is a fresh, empty source with a hand on what is behind it.
type Fixture struct {
	Source values.Source
	// Edit changes the configuration behind the source, as another program would: doc
	// replaces the section's data (nil removes it) and enabled its flag.
	Edit func(t testing.TB, section string, doc map[string]any, enabled *bool)
	// Patience bounds how long a change may take to be told. Default 10 s. A fifth of it is
	// waited out where nothing may be told.
	Patience time.Duration
}

// TestSource runs the suite. It calls newFixture once for every subtest; subtests run
// at the same time.
func TestSource(t *testing.T, newFixture func(t *testing.T) Fixture) {
	for name, check := range map[string]func(*testing.T, *bench){
		"an absent configuration is empty":          absent,
		"the present state is told first":           presentFirst,
		"edits are told":                            edits,
		"a removed section is gone":                 removal,
		"flags are told":                            flags,
		"save is visible to a new watcher":          saveIsKept,
		"save keeps flags and other sections":       saveKeepsTheRest,
		"save after a save needs no new watch":      saveTwice,
		"save refuses a section that moved":         conflict,
		"save refuses a stale version of its own":   staleOwn,
		"save ignores what others did elsewhere":    otherSectionMoved,
		"save of nothing removes the section":       saveEmpty,
		"save is not told on its own":               ownSaveIsSilent,
		"an edit after a save is told with both":    editAfterSave,
		"save from within the call works":           saveInside,
		"watch ends without error with its context": watchEnds,
		"numbers keep kind and digits":              numbers,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t)
			if f.Patience == 0 {
				f.Patience = 10 * time.Second
			}
			b := &bench{Fixture: f, t: t}
			t.Cleanup(b.stop)
			check(t, b)
		})
	}
}

// bench watches a source and remembers what it was told.
type bench struct {
	Fixture
	t      *testing.T
	cancel context.CancelFunc
	ended  chan error

	mu     sync.Mutex
	told   []values.Config
	news   chan struct{}
	inside func(values.Config)
}

func (b *bench) watch() {
	b.t.Helper()
	ctx, cancel := context.WithCancel(b.t.Context())
	b.cancel, b.ended, b.news = cancel, make(chan error, 1), make(chan struct{}, 1)
	go func() { b.ended <- b.Source.Watch(ctx, b.receive) }()
}

func (b *bench) receive(c values.Config) {
	b.mu.Lock()
	b.told = append(b.told, c)
	b.mu.Unlock()
	if b.inside != nil {
		b.inside(c)
	}
	select {
	case b.news <- struct{}{}:
	default:
	}
}

func (b *bench) stop() {
	if b.cancel == nil {
		return
	}
	b.cancel()
	select {
	case err := <-b.ended:
		if err != nil {
			b.t.Errorf("Watch returned %v when its context ended; want nil", err)
		}
	case <-time.After(b.Patience):
		b.t.Error("Watch did not return when its context ended")
	}
	b.cancel = nil
}

// until waits for a state that is told and fits.
func (b *bench) until(what string, fits func(values.Config) bool) values.Config {
	b.t.Helper()
	deadline := time.After(b.Patience)
	for {
		b.mu.Lock()
		if n := len(b.told); n > 0 && fits(b.told[n-1]) {
			defer b.mu.Unlock()
			return b.told[n-1]
		}
		b.mu.Unlock()
		select {
		case <-b.news:
		case <-deadline:
			b.t.Fatalf("not told within %s: %s", b.Patience, what)
		}
	}
}

// listen waits out a time in which nothing is expected.
func (b *bench) listen(d time.Duration) {
	quiet := time.After(d)
	for {
		select {
		case <-b.news:
		case <-quiet:
			return
		}
	}
}

func (b *bench) count() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.told)
}

func (b *bench) edit(section string, doc map[string]any) {
	b.t.Helper()
	b.Edit(b.t, section, doc, nil)
}

func (b *bench) save(section string, doc map[string]any, version string) string {
	b.t.Helper()
	v, err := b.Source.Save(b.t.Context(), section, doc, version)
	if err != nil {
		b.t.Fatalf("Save of %s: %v", section, err)
	}
	return v
}

func holds(section, want string) func(values.Config) bool {
	return func(c values.Config) bool { return content(c, section) == want }
}

// content returns a section's data as canonical JSON, "" for none.
func content(c values.Config, section string) string {
	s, ok := c.Sections[section]
	if !ok || len(s.Data) == 0 {
		return ""
	}
	v, err := values.ParseView(values.File{Name: section, Data: s.Data})
	if err != nil || v.Len() == 0 {
		return ""
	}
	return string(v.JSON())
}

func conflicts(t *testing.T, err error) {
	t.Helper()
	if !errors.Is(err, values.ErrConflict) {
		t.Fatalf("Save returned %v; want values.ErrConflict", err)
	}
}

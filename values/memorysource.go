package values

import (
	"context"
	"fmt"
	"maps"
	"strconv"
	"sync"
)

// MemorySource is a Source that holds the configuration in memory: for tests, and for
// hosts that keep it themselves. It is safe for concurrent use.
type MemorySource struct {
	mu      sync.Mutex
	current Config
	version int            // of current
	foreign int            // the last version that was not written by Save
	changed map[string]int // by section: the version that changed its data last
	wake    chan struct{}  // closed and replaced at every change by Set
}

var _ Source = (*MemorySource)(nil)

// NewMemorySource returns a source that holds the configuration. Its Version is ignored.
func NewMemorySource(c Config) *MemorySource {
	m := &MemorySource{changed: map[string]int{}, wake: make(chan struct{})}
	m.Set(c)
	return m
}

// Set replaces the whole configuration, as an edit from outside, and wakes watchers.
func (m *MemorySource) Set(c Config) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.version++
	m.foreign = m.version
	sections := make(map[string]Section, len(c.Sections))
	for key, s := range c.Sections {
		if string(s.Data) != string(m.current.Sections[key].Data) {
			m.changed[key] = m.version
		}
		sections[key] = s
	}
	for key := range m.current.Sections {
		if _, stays := sections[key]; !stays {
			m.changed[key] = m.version
		}
	}
	m.current = Config{Version: strconv.Itoa(m.version), Sections: sections}
	close(m.wake)
	m.wake = make(chan struct{})
}

// SetSection replaces one section, as an edit from outside, and wakes watchers.
func (m *MemorySource) SetSection(key string, s Section) {
	c := m.Config()
	c.Sections[key] = s
	m.Set(c)
}

// Config returns a copy of the present configuration.
func (m *MemorySource) Config() Config {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.copied()
}

func (m *MemorySource) copied() Config {
	c := Config{Version: m.current.Version, Sections: make(map[string]Section, len(m.current.Sections))}
	maps.Copy(c.Sections, m.current.Sections)
	return c
}

// Watch tells the present configuration, and again after every Set.
func (m *MemorySource) Watch(ctx context.Context, fn func(Config)) error {
	told := -1
	for {
		m.mu.Lock()
		wake, foreign, version, c := m.wake, m.foreign, m.version, m.copied()
		m.mu.Unlock()
		if foreign > told {
			told = foreign
			fn(c)
			if m.savedSince(version) {
				// What fn was told has been overtaken while it ran; its receiver may have put
				// the older state in force after the save.
				told = -1
			}
			continue
		}
		select {
		case <-ctx.Done():
			return nil
		case <-wake:
		}
	}
}

func (m *MemorySource) savedSince(version int) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.version > version && m.foreign <= version
}

// Save replaces the data of one section, unless it changed after version.
func (m *MemorySource) Save(ctx context.Context, section string, doc map[string]any, version string) (string, error) {
	if err := ctx.Err(); err != nil {
		return "", err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	seen, err := strconv.Atoi(version)
	if err != nil || seen > m.version || m.changed[section] > seen {
		return "", fmt.Errorf("section %s: %w", section, ErrConflict)
	}
	s := m.current.Sections[section]
	if s.Data, err = encodeSection(doc); err != nil {
		return "", fmt.Errorf("section %s: %w", section, err)
	}
	m.version++
	m.changed[section] = m.version
	m.current = m.copied()
	m.current.Version = strconv.Itoa(m.version)
	m.current.Sections[section] = s
	return m.current.Version, nil
}

// encodeSection writes a section as YAML, nothing for an empty one.
func encodeSection(doc map[string]any) ([]byte, error) {
	if len(doc) == 0 {
		return nil, nil
	}
	v, err := ViewOf(doc)
	if err != nil {
		return nil, err
	}
	return v.YAML()
}

package valuestest_test

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/addonkit/addonkit/values"
	"github.com/addonkit/addonkit/values/valuestest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const faultVariable = "VALUESTEST_FAULT"

// faults are sources that break one promise each.
var faults = map[string]func(*values.MemorySource) values.Source{
	"saves without looking": func(m *values.MemorySource) values.Source {
		return faulty{m, nil, func(ctx context.Context, section string, doc map[string]any, _ string) (string, error) {
			return m.Save(ctx, section, doc, m.Config().Version)
		}}
	},
	"refuses when anything moved": func(m *values.MemorySource) values.Source {
		return faulty{m, nil, func(ctx context.Context, section string, doc map[string]any, version string) (string, error) {
			if m.Config().Version != version {
				return "", values.ErrConflict
			}
			return m.Save(ctx, section, doc, version)
		}}
	},
	"tells its own saves": func(m *values.MemorySource) values.Source {
		return faulty{m, nil, func(ctx context.Context, section string, doc map[string]any, version string) (string, error) {
			v, err := m.Save(ctx, section, doc, version)
			if err == nil {
				m.Set(m.Config())
			}
			return v, err
		}}
	},
	"loses what it saves": func(m *values.MemorySource) values.Source {
		return faulty{m, nil, func(_ context.Context, _ string, _ map[string]any, version string) (string, error) {
			return version, nil
		}}
	},
	"loses the flag when it saves": func(m *values.MemorySource) values.Source {
		return faulty{m, nil, func(ctx context.Context, section string, doc map[string]any, version string) (string, error) {
			v, err := m.Save(ctx, section, doc, version)
			if s := m.Config().Sections[section]; err == nil && s.Enabled != nil {
				s.Enabled = nil
				m.SetSection(section, s)
			}
			return v, err
		}}
	},
	"tells the first state only": func(m *values.MemorySource) values.Source {
		return faulty{m, func(ctx context.Context, fn func(values.Config)) error {
			fn(m.Config())
			<-ctx.Done()
			return nil
		}, nil}
	},
	"never tells the first state": func(m *values.MemorySource) values.Source {
		return faulty{m, func(ctx context.Context, fn func(values.Config)) error {
			first := true
			return m.Watch(ctx, func(c values.Config) {
				if !first {
					fn(c)
				}
				first = false
			})
		}, nil}
	},
	"tells the sections that changed, and no others": func(m *values.MemorySource) values.Source {
		return faulty{m, func(ctx context.Context, fn func(values.Config)) error {
			old := map[string]string{}
			return m.Watch(ctx, func(c values.Config) {
				for key, s := range c.Sections {
					if was, known := old[key]; known && was == string(s.Data) {
						delete(c.Sections, key)
					}
					old[key] = string(s.Data)
				}
				fn(c)
			})
		}, nil}
	},
	"ends with its context's error": func(m *values.MemorySource) values.Source {
		return faulty{m, func(ctx context.Context, fn func(values.Config)) error {
			return errors.Join(m.Watch(ctx, fn), ctx.Err())
		}, nil}
	},
}

type faulty struct {
	*values.MemorySource
	watch func(context.Context, func(values.Config)) error
	save  func(context.Context, string, map[string]any, string) (string, error)
}

func (f faulty) Watch(ctx context.Context, fn func(values.Config)) error {
	if f.watch == nil {
		return f.MemorySource.Watch(ctx, fn)
	}
	return f.watch(ctx, fn)
}

func (f faulty) Save(ctx context.Context, section string, doc map[string]any, version string) (string, error) {
	if f.save == nil {
		return f.MemorySource.Save(ctx, section, doc, version)
	}
	return f.save(ctx, section, doc, version)
}

// TestSuite runs the suite on a sound source, or on the faulty one that the environment
// names: so this very test binary is run again for each fault.
func TestSuite(t *testing.T) {
	valuestest.TestSource(t, func(*testing.T) valuestest.Fixture {
		m := values.NewMemorySource(values.Config{})
		f := valuestest.Fixture{Source: m, Edit: func(t testing.TB, section string, doc map[string]any, enabled *bool) {
			s := values.Section{Enabled: enabled}
			if doc != nil {
				v, err := values.ViewOf(doc)
				require.NoError(t, err)
				s.Data, err = v.YAML()
				require.NoError(t, err)
			}
			m.SetSection(section, s)
		}}
		if fault := os.Getenv(faultVariable); fault != "" {
			f.Source, f.Patience = faults[fault](m), 300*time.Millisecond
		}
		return f
	})
}

func TestTheSuiteCatchesEveryFault(t *testing.T) {
	if os.Getenv(faultVariable) != "" {
		t.Skip("runs for a fault")
	}
	for fault := range faults {
		t.Run(fault, func(t *testing.T) {
			t.Parallel()
			cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestSuite$")
			cmd.Env = append(os.Environ(), faultVariable+"="+fault)
			out, err := cmd.CombinedOutput()
			var failed *exec.ExitError
			require.ErrorAs(t, err, &failed, "the suite finds nothing wrong: %s", out)
			require.Contains(t, string(out), "--- FAIL: TestSuite/")
		})
	}
}

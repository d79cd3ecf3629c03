package values_test

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/addonkit/addonkit/values"
	"github.com/addonkit/addonkit/values/valuestest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestMemorySource(t *testing.T) {
	valuestest.TestSource(t, func(*testing.T) valuestest.Fixture {
		m := values.NewMemorySource(values.Config{})
		return valuestest.Fixture{Source: m, Edit: func(t testing.TB, section string, doc map[string]any, enabled *bool) {
			s := values.Section{Enabled: enabled}
			if doc != nil {
				v, err := values.ViewOf(doc)
				require.NoError(t, err)
				s.Data, err = v.YAML()
				require.NoError(t, err)
			}
			m.SetSection(section, s)
		}}
	})
}

func TestFileSource(t *testing.T) {
	valuestest.TestSource(t, func(t *testing.T) valuestest.Fixture {
		path := filepath.Join(t.TempDir(), "config.yaml")
		return valuestest.Fixture{Source: values.FileSource(path), Edit: func(t testing.TB, section string, doc map[string]any, enabled *bool) {
			data, err := os.ReadFile(path)
			if !os.IsNotExist(err) {
				require.NoError(t, err)
			}
			v, err := values.ParseView(values.File{Name: path, Data: data})
			require.NoError(t, err)
			all := v.Map()
			delete(all, section)
			delete(all, section+"Enabled")
			if doc != nil {
				all[section] = doc
			}
			if enabled != nil {
				all[section+"Enabled"] = *enabled
			}
			fresh, err := values.ViewOf(all)
			require.NoError(t, err)
			out, err := fresh.YAML()
			require.NoError(t, err)
			require.NoError(t, os.WriteFile(path+".new", out, 0o600))
			require.NoError(t, os.Rename(path+".new", path))
		}}
	})
}

func TestFileSourceKeepsComments(t *testing.T) {
	path := filepath.Join(t.TempDir(), "config.yaml")
	require.NoError(t, os.WriteFile(path, []byte("# why\nglobal:\n  a: 1 # inner\nalpha: {x: 1}\n"), 0o640))
	src := values.FileSource(path)
	got := make(chan values.Config, 1)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- src.Watch(ctx, func(c values.Config) { got <- c }) }()
	c := <-got
	_, err := src.Save(ctx, "alpha", map[string]any{"x": 2}, c.Version)
	require.NoError(t, err)
	cancel()
	require.NoError(t, <-done)
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	require.True(t, bytes.Contains(data, []byte("# why")) && bytes.Contains(data, []byte("# inner")), string(data))
	require.Contains(t, string(data), "x: 2")
	info, err := os.Stat(path)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o640), info.Mode().Perm())
}

package addon

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/addonkit/addonkit/helmclient"
	"github.com/addonkit/addonkit/values"
)

// chart is a module's loaded chart and how its values are shaped.
type chart struct {
	*helmclient.Chart // nil: hooks only
	// namesEnabled tells that a template speaks of enabledModules. Only such a
	// chart is given the list, so that enabling a module upgrades no other.
	namesEnabled bool
}

func (c *chart) none() bool { return c.Chart == nil }

func loadChart(m Module) (*chart, error) {
	if m.Chart == nil {
		return &chart{}, nil
	}
	loaded, err := helmclient.Load(m.Chart, helmclient.LoadOptions{Name: m.Name, IgnoreCRDs: m.IgnoreCRDs})
	if errors.Is(err, helmclient.ErrNoChart) {
		return &chart{}, nil
	}
	if err != nil {
		return nil, fmt.Errorf("chart: %w", err)
	}
	names, err := mentions(m.Chart, enabledModules)
	if err != nil {
		return nil, fmt.Errorf("chart: %w", err)
	}
	return &chart{Chart: loaded, namesEnabled: names}, nil
}

// values is what the chart's templates see under .Values.
func (c *chart) values(m Module, key string, view values.View) map[string]any {
	if !m.FlatValues {
		return view.Select(values.Global, key).Map()
	}
	section, _ := view.At("/" + key)
	flat := section.Map()
	if flat == nil {
		flat = map[string]any{}
	}
	shared := map[string]any{}
	for _, name := range m.Globals {
		if v, ok := view.At("/" + values.Global + "/" + name); ok {
			shared[name] = v.Any()
		}
	}
	if len(shared) > 0 {
		flat[values.Global] = shared
	}
	return flat
}

// mentions tells whether a file below templates/, here or in a dependency,
// holds the word.
func mentions(fsys fs.FS, word string) (found bool, err error) {
	err = fs.WalkDir(fsys, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || found || !strings.Contains("/"+path, "/templates/") {
			return err
		}
		data, err := fs.ReadFile(fsys, path)
		found = bytes.Contains(data, []byte(word))
		return err
	})
	return found, err
}

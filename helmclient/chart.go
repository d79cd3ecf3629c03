package helmclient

import (
	"errors"
	"fmt"
	"io/fs"
	"sync"

	"helm.sh/helm/v3/pkg/chart"

	"github.com/addonkit/addonkit/helmclient/internal/chartfs"
	"github.com/addonkit/addonkit/helmclient/internal/manifest"
)

// Chart is a loaded chart with its dependencies. It is immutable and may be shared.
type Chart struct {
	loaded *chartfs.Chart
	kinds  func() []definition // what crds/ defines
}

// LoadOptions steer [Load].
type LoadOptions struct {
	// Name is the chart's name when the folder holds templates/ but no Chart.yaml.
	Name string
	// IgnoreCRDs are prefixes of file names in crds/ that hold no objects, such as "doc-" and "_".
	IgnoreCRDs []string
}

// Load reads a chart from the root of fsys: a folder with Chart.yaml, its charts/ unpacked or packed
// (.tgz), with .helmignore honoured.
//
// A folder with templates/ and without Chart.yaml is taken as a chart named o.Name of version 0.2.0 that
// holds every file but those in the top-level folders crds, docs, hooks, images and lib; .helmignore is
// not read. Objects in its crds/ are still handled as [Request.CRDs] says.
//
// The error matches [ErrNoChart] when there is neither. Other errors name the file.
func Load(fsys fs.FS, o LoadOptions) (*Chart, error) {
	c, err := chartfs.Load(fsys, chartfs.Options{Name: o.Name, IgnoreCRDs: o.IgnoreCRDs})
	if errors.Is(err, chartfs.ErrNone) {
		return nil, ErrNoChart
	}
	if err != nil {
		return nil, fmt.Errorf("load chart: %w", err)
	}
	return &Chart{loaded: c, kinds: sync.OnceValue(func() []definition { return kindsIn(c.CRDs) })}, nil
}

func kindsIn(files []*chart.File) (out []definition) {
	for _, f := range files {
		objects, _ := manifest.Parse(string(f.Data)) // what is wrong with it, the plan says
		for _, o := range objects {
			out = append(out, kindsOf(o.Unstructured)...)
		}
	}
	return out
}

// Name is the chart's name.
func (c *Chart) Name() string { return c.loaded.Helm.Name() }

// Version is the chart's version.
func (c *Chart) Version() string { return c.loaded.Helm.Metadata.Version }

// Digest identifies the chart's content: equal files give equal digests.
func (c *Chart) Digest() string { return c.loaded.Digest }

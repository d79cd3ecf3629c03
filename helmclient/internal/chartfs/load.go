// Package chartfs loads Helm charts from an fs.FS.
//
// What is loaded is bounded in size, number and nesting, and is never changed afterwards: whoever renders
// works on a Copy.
package chartfs

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"helm.sh/helm/v3/pkg/chart"
	"helm.sh/helm/v3/pkg/chart/loader"
	"helm.sh/helm/v3/pkg/ignore"
)

// ErrNone means that there is neither Chart.yaml nor templates/.
var ErrNone = errors.New("no chart")

const (
	maxFile  = 5 << 20   // bytes in one file, as Helm's own limit
	maxTotal = 100 << 20 // bytes in all files
	maxFiles = 10_000
	maxDepth = 32 // nested folders
)

// Chart is a loaded chart. All of it is read-only.
type Chart struct {
	Helm   *chart.Chart
	CRDs   []*chart.File // objects of crds/, the chart's own and its dependencies', in Helm's order
	Digest string        // of names and content of all files
	Uses   Uses
}

// Options steer Load.
type Options struct {
	// Name is the name of a chart without Chart.yaml.
	Name string
	// IgnoreCRDs are prefixes of file names in crds/ that hold no objects.
	IgnoreCRDs []string
}

// Load reads the chart in the root of fsys.
func Load(fsys fs.FS, o Options) (*Chart, error) {
	switch {
	case exists(fsys, "Chart.yaml"):
		return loadChart(fsys, o)
	case exists(fsys, "templates"):
		return loadVirtual(fsys, o)
	}
	return nil, ErrNone
}

func loadChart(fsys fs.FS, o Options) (*Chart, error) {
	rules := ignore.Empty()
	if data, err := fs.ReadFile(fsys, ignore.HelmIgnore); err == nil {
		if rules, err = ignore.Parse(bytes.NewReader(data)); err != nil {
			return nil, fmt.Errorf("%s: %w", ignore.HelmIgnore, err)
		}
	}
	rules.AddDefaults()
	files, err := read(fsys, rules.Ignore)
	if err != nil {
		return nil, err
	}
	c, err := build(files)
	if err != nil {
		return nil, err
	}
	for _, crd := range c.Helm.CRDObjects() {
		if !hasPrefix(path.Base(crd.File.Name), o.IgnoreCRDs) {
			c.CRDs = append(c.CRDs, &chart.File{Name: crd.Filename, Data: crd.File.Data})
		}
	}
	return c, nil
}

// loadVirtual makes a chart of a folder that has templates only, as addon-operator does.
func loadVirtual(fsys fs.FS, o Options) (*Chart, error) {
	if o.Name == "" {
		return nil, errors.New("templates/ without Chart.yaml: the chart needs a name")
	}
	left := map[string]bool{"crds": true, "docs": true, "hooks": true, "images": true, "lib": true}
	files, err := read(fsys, func(name string, info fs.FileInfo) bool { return left[name] && info.IsDir() })
	if err != nil {
		return nil, err
	}
	head := fmt.Sprintf("apiVersion: v2\nname: %q\nversion: 0.2.0\n", o.Name)
	files = append(files, &loader.BufferedFile{Name: "Chart.yaml", Data: []byte(head)})

	var crds []*loader.BufferedFile
	if sub, err := fs.Sub(fsys, "crds"); err == nil && exists(fsys, "crds") {
		if crds, err = read(sub, func(string, fs.FileInfo) bool { return false }); err != nil {
			return nil, fmt.Errorf("crds: %w", err)
		}
	}
	for _, f := range crds {
		f.Name = "crds/" + f.Name
	}
	c, err := build(files, crds...)
	if err != nil {
		return nil, err
	}
	for _, f := range crds {
		ext := strings.ToLower(path.Ext(f.Name))
		if (ext == ".yaml" || ext == ".yml") && !hasPrefix(path.Base(f.Name), o.IgnoreCRDs) {
			c.CRDs = append(c.CRDs, &chart.File{Name: f.Name, Data: f.Data})
		}
	}
	return c, nil
}

func build(files []*loader.BufferedFile, more ...*loader.BufferedFile) (*Chart, error) {
	digest := digestOf(append(slices.Clone(files), more...))
	c, err := loader.LoadFiles(files)
	if err != nil {
		return nil, err
	}
	if c.Metadata.Type == "library" {
		return nil, fmt.Errorf("Chart.yaml: %s is a library chart and cannot be installed itself", c.Name())
	}
	if err := checkDependencies(c); err != nil {
		return nil, err
	}
	uses := usesOf(c)
	dropRaw(c)
	return &Chart{Helm: c, Digest: digest, Uses: uses}, nil
}

// dropRaw lets go of the files as they were read, packed dependencies among them.
func dropRaw(c *chart.Chart) {
	c.Raw = nil
	for _, sub := range c.Dependencies() {
		dropRaw(sub)
	}
}

// checkDependencies names what Chart.yaml declares and charts/ lacks.
func checkDependencies(c *chart.Chart) error {
	var missing []string
	for _, d := range c.Metadata.Dependencies {
		if !slices.ContainsFunc(c.Dependencies(), func(sub *chart.Chart) bool { return sub.Name() == d.Name }) {
			missing = append(missing, d.Name)
		}
	}
	if len(missing) > 0 {
		return fmt.Errorf("Chart.yaml: dependencies of %s missing in charts/: %s; run helm dependency build", c.Name(), strings.Join(missing, ", "))
	}
	return nil
}

func digestOf(files []*loader.BufferedFile) string {
	slices.SortFunc(files, func(a, b *loader.BufferedFile) int { return strings.Compare(a.Name, b.Name) })
	h := sha256.New()
	for _, f := range files {
		var lengths [16]byte
		binary.BigEndian.PutUint64(lengths[:8], uint64(len(f.Name)))
		binary.BigEndian.PutUint64(lengths[8:], uint64(len(f.Data)))
		h.Write(lengths[:])
		h.Write([]byte(f.Name))
		h.Write(f.Data)
	}
	return "sha256:" + hex.EncodeToString(h.Sum(nil))
}

func exists(fsys fs.FS, name string) bool {
	_, err := fs.Stat(fsys, name)
	return err == nil
}

func hasPrefix(name string, prefixes []string) bool {
	return slices.ContainsFunc(prefixes, func(p string) bool { return strings.HasPrefix(name, p) })
}

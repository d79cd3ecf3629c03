package chartfs

import (
	"bytes"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"
	"helm.sh/helm/v3/pkg/chart"
)

func files(m map[string]string) fstest.MapFS {
	out := fstest.MapFS{}
	for name, text := range m {
		out[name] = &fstest.MapFile{Data: []byte(text)}
	}
	return out
}

func names(list []*chart.File) (out []string) {
	for _, f := range list {
		out = append(out, f.Name)
	}
	return out
}

const head = "apiVersion: v2\nname: a\nversion: 1.0.0\n"

func TestLoadChart(t *testing.T) {
	c, err := Load(files(map[string]string{
		"Chart.yaml":               head + "dependencies: [{name: sub, version: 1.0.0}]\n",
		".helmignore":              "hooks/\n*.bak\n",
		"values.yaml":              "a: 1\n",
		"templates/x.yaml":         "{{ .Capabilities.KubeVersion }}",
		"templates/.hidden.yaml":   "x",
		"templates/y.bak":          "x",
		"hooks/run.sh":             "x",
		"crds/a.yaml":              "x",
		"crds/doc-a.yaml":          "x",
		"charts/sub/Chart.yaml":    "apiVersion: v2\nname: sub\nversion: 1.0.0\n",
		"charts/sub/crds/sub.yaml": "x",
		"README.md":                "APIVersions Capabilities",
	}), Options{IgnoreCRDs: []string{"doc-"}})
	require.NoError(t, err)
	require.Equal(t, []string{"templates/x.yaml"}, names(c.Helm.Templates))
	require.Equal(t, []string{"a/crds/a.yaml", "a/charts/sub/crds/sub.yaml"}, names(c.CRDs))
	require.Equal(t, Uses{KubeVersion: true}, c.Uses)
}

func TestLoadVirtual(t *testing.T) {
	m := map[string]string{
		"templates/x.yaml":    "x",
		"templates/hooks/a":   "x",
		"values.yaml":         "a: 1\n",
		"hooks/run.sh":        "x",
		"crds/deep/a.yaml":    "x",
		"crds/doc-a.yaml":     "x",
		"images/app/main.txt": "x",
		"docs/README.md":      "x",
		"lib/lib.sh":          "x",
		"enabled":             "x",
	}
	c, err := Load(files(m), Options{Name: "my-module", IgnoreCRDs: []string{"doc-", "_"}})
	require.NoError(t, err)
	require.Equal(t, "my-module", c.Helm.Name())
	require.Equal(t, "0.2.0", c.Helm.Metadata.Version)
	require.Equal(t, []string{"templates/hooks/a", "templates/x.yaml"}, names(c.Helm.Templates))
	require.Equal(t, []string{"enabled"}, names(c.Helm.Files))
	require.Equal(t, []string{"crds/deep/a.yaml"}, names(c.CRDs))

	again, err := Load(files(m), Options{Name: "my-module"})
	require.NoError(t, err)
	require.Equal(t, c.Digest, again.Digest)
	m["crds/deep/a.yaml"] = "y"
	again, err = Load(files(m), Options{Name: "my-module"})
	require.NoError(t, err)
	require.NotEqual(t, c.Digest, again.Digest)
}

func TestLoadRefuses(t *testing.T) {
	deep := strings.Repeat("d/", maxDepth+1)
	for name, c := range map[string]struct {
		fs   fs.FS
		says string
	}{
		"nothing":            {files(map[string]string{"hooks/a": ""}), "no chart"},
		"missing dependency": {files(map[string]string{"Chart.yaml": head + "dependencies: [{name: db, version: 1.0.0}]\n"}), "db"},
		"library":            {files(map[string]string{"Chart.yaml": head + "type: library\n"}), "library"},
		"broken Chart.yaml":  {files(map[string]string{"Chart.yaml": "a: ["}), "Chart.yaml"},
		"broken values.yaml": {files(map[string]string{"Chart.yaml": head, "values.yaml": "a: ["}), "values.yaml"},
		"no name":            {files(map[string]string{"templates/a": ""}), "name"},
		"too deep":           {files(map[string]string{"Chart.yaml": head, deep + "x": ""}), "nested deeper"},
		"big file":           {fstest.MapFS{"Chart.yaml": {Data: []byte(head)}, "big": {Data: bytes.Repeat([]byte("x"), maxFile+1)}}, "big"},
		"device":             {fstest.MapFS{"Chart.yaml": {Data: []byte(head)}, "dev": {Mode: fs.ModeDevice}}, "dev"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Load(c.fs, Options{})
			require.ErrorContains(t, err, c.says)
		})
	}
}

func TestCopyIsPrivate(t *testing.T) {
	c, err := Load(files(map[string]string{
		"Chart.yaml":            head + "dependencies: [{name: sub, version: 1.0.0, alias: b}]\n",
		"values.yaml":           "m: {a: 1, l: [{x: 1}]}\n",
		"charts/sub/Chart.yaml": "apiVersion: v2\nname: sub\nversion: 1.0.0\n",
	}), Options{})
	require.NoError(t, err)
	copied := Copy(c.Helm)
	copied.Values["m"].(map[string]any)["l"].([]any)[0].(map[string]any)["x"] = 2.0
	copied.Metadata.Dependencies[0].Enabled = true
	copied.Dependencies()[0].Metadata.Name = "changed"
	require.Equal(t, 1.0, c.Helm.Values["m"].(map[string]any)["l"].([]any)[0].(map[string]any)["x"])
	require.False(t, c.Helm.Metadata.Dependencies[0].Enabled)
	require.Equal(t, "sub", c.Helm.Dependencies()[0].Name())
}

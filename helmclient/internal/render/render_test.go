package render

import (
	"encoding/json"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"
	"helm.sh/helm/v3/pkg/chart"
	"helm.sh/helm/v3/pkg/chartutil"

	"github.com/addonkit/addonkit/helmclient/internal/chartfs"
)

func load(t *testing.T, m map[string]string) *chart.Chart {
	t.Helper()
	fsys := fstest.MapFS{"Chart.yaml": {Data: []byte("apiVersion: v2\nname: a\nversion: 1.0.0\n")}}
	for name, text := range m {
		fsys[name] = &fstest.MapFile{Data: []byte(text)}
	}
	c, err := chartfs.Load(fsys, chartfs.Options{})
	require.NoError(t, err)
	return c.Helm
}

func run(t *testing.T, m map[string]string, values map[string]any, labels map[string]string) (*Output, error) {
	t.Helper()
	return Render(t.Context(), Input{Chart: load(t, m), Values: values, Name: "r", Namespace: "n", Revision: 1,
		Capabilities: chartutil.DefaultCapabilities, Labels: labels})
}

func TestLabelsGoToMetadataOnly(t *testing.T) {
	out, err := run(t, map[string]string{"templates/a.yaml": `apiVersion: apps/v1
kind: Deployment
metadata: {name: a, labels: {app: a}}
spec: {template: {metadata: {labels: {app: a}}}}
---
# nothing but a comment
---
apiVersion: v1
kind: List
items:
- {apiVersion: v1, kind: ConfigMap, metadata: {name: b}}
`}, nil, map[string]string{"team": "x"})
	require.NoError(t, err)
	require.Equal(t, `---
# Source: a/templates/a.yaml
apiVersion: apps/v1
kind: Deployment
metadata:
  labels:
    app: a
    team: x
  name: a
spec:
  template:
    metadata:
      labels:
        app: a
---
# Source: a/templates/a.yaml
# nothing but a comment
---
# Source: a/templates/a.yaml
apiVersion: v1
items:
- apiVersion: v1
  kind: ConfigMap
  metadata:
    labels:
      team: x
    name: b
kind: List
`, out.Manifest)
}

func TestWithoutLabelsTextIsUntouched(t *testing.T) {
	const text = "# a comment\napiVersion: v1\nkind:   ConfigMap\nmetadata: {name: a}"
	out, err := run(t, map[string]string{"templates/a.yaml": text + "\n", "templates/NOTES.txt": "hello {{ .Release.Name }}"}, nil, nil)
	require.NoError(t, err)
	require.Equal(t, "---\n# Source: a/templates/a.yaml\n"+text+"\n", out.Manifest)
	require.Equal(t, "hello r", out.Notes)
}

func TestErrorsTellNoValues(t *testing.T) {
	secret := map[string]any{"password": "hunter2", "text": "{{ hunter2", "number": "hunter2"}
	for name, m := range map[string]map[string]string{
		"tpl":     {"templates/a.yaml": `{{ tpl .Values.text . }}`},
		"type":    {"values.schema.json": `{"properties":{"number":{"type":"integer"}}}`},
		"pattern": {"values.schema.json": `{"properties":{"password":{"pattern":"^[0-9]+$"}}}`},
		"enum":    {"values.schema.json": `{"properties":{"password":{"enum":["a"]}}}`},
		"const":   {"values.schema.json": `{"properties":{"password":{"const":"a"}}}`},
		"format":  {"values.schema.json": `{"properties":{"password":{"maxLength":2}}}`},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := run(t, m, secret, nil)
			require.Error(t, err)
			require.NotContains(t, err.Error(), "hunter2")
		})
	}
}

func TestSchemasStayOffline(t *testing.T) {
	for _, url := range []string{"http://127.0.0.1:1/x.json", "file:///etc/passwd", "https://example.com/x.json"} {
		_, err := run(t, map[string]string{"values.schema.json": `{"$ref":"` + url + `"}`}, nil, nil)
		require.ErrorContains(t, err, "not a file of the chart")
	}
	m := map[string]string{"values.schema.json": `{"$ref":"file:///defs.json"}`, "defs.json": `{"required":["a"]}`}
	_, err := run(t, m, nil, nil)
	require.ErrorContains(t, err, "lacks a")
	_, err = run(t, m, map[string]any{"a": 1}, nil)
	require.NoError(t, err)
}

func TestNumbersAreAsInAFile(t *testing.T) {
	m := map[string]string{"values.yaml": "a: 3\n", "templates/a.yaml": "same: {{ eq .Values.a .Values.b }}\nkind: {{ kindOf .Values.b }}\n"}
	for _, b := range []any{3, int64(3), 3.0, json.Number("3")} {
		out, err := run(t, m, map[string]any{"b": b}, nil)
		require.NoError(t, err)
		require.Contains(t, out.Manifest, "same: true\nkind: float64")
	}
}

// Package render makes manifests of charts and values, as Helm does.
//
// A rendering never touches the loaded chart, reaches no network but through the given lookup, and its
// errors hold no values.
package render

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path"
	"regexp"
	"strings"

	"helm.sh/helm/v3/pkg/chart"
	"helm.sh/helm/v3/pkg/chartutil"
	"helm.sh/helm/v3/pkg/engine"
	"helm.sh/helm/v3/pkg/release"
	"helm.sh/helm/v3/pkg/releaseutil"
	"sigs.k8s.io/yaml"

	"github.com/addonkit/addonkit/helmclient/internal/chartfs"
)

// Input is all that a rendering depends on.
type Input struct {
	Chart           *chart.Chart // as loaded
	Values          map[string]any
	Name, Namespace string
	Revision        int
	Upgrade         bool // .Release.IsUpgrade rather than IsInstall
	Capabilities    *chartutil.Capabilities
	Lookups         *Lookups // nil: lookup finds nothing
	Labels          map[string]string
}

// Output is what Helm records of a rendering.
type Output struct {
	Manifest string
	Hooks    []*release.Hook
	Notes    string
	Chart    *chart.Chart   // as processed: conditions applied, values imported
	Config   map[string]any // the given values, a private copy
}

// SchemaError says that values do not meet a chart's schema.
type SchemaError struct{ Err error }

func (e *SchemaError) Error() string { return e.Err.Error() }

// Unwrap returns the cause.
func (e *SchemaError) Unwrap() error { return e.Err }

// Render makes the manifests.
func Render(ctx context.Context, in Input) (*Output, error) {
	config, err := asRead(in.Values)
	if err != nil {
		return nil, err
	}
	out := &Output{Chart: chartfs.Copy(in.Chart), Config: config}
	if want := in.Chart.Metadata.KubeVersion; want != "" && !chartutil.IsCompatibleRange(want, in.Capabilities.KubeVersion.Version) {
		return nil, fmt.Errorf("chart %s wants Kubernetes %s, the cluster is %s", in.Chart.Name(), want, in.Capabilities.KubeVersion.Version)
	}
	if err := chartutil.ProcessDependenciesWithMerge(out.Chart, out.Config); err != nil {
		return nil, scrub(err)
	}
	options := chartutil.ReleaseOptions{
		Name: in.Name, Namespace: in.Namespace, Revision: in.Revision, IsUpgrade: in.Upgrade, IsInstall: !in.Upgrade,
	}
	values, err := chartutil.ToRenderValuesWithSchemaValidation(out.Chart, out.Config, options, in.Capabilities, true)
	if err != nil {
		return nil, scrub(err)
	}
	effective, err := values.Table("Values")
	if err != nil {
		return nil, scrub(err)
	}
	if err := checkSchema(out.Chart, effective); err != nil {
		return nil, &SchemaError{err}
	}
	files, err := execute(ctx, out.Chart, values, in.Lookups)
	if err != nil {
		return nil, scrub(err)
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return out, out.collect(files, in.Labels)
}

// asRead returns a copy of values with the types that Helm gives to values it reads from a file, so that a
// template can compare them with the chart's own: every number is a float64.
func asRead(values map[string]any) (map[string]any, error) {
	out := map[string]any{}
	data, err := json.Marshal(values)
	if err == nil && len(values) > 0 {
		err = json.Unmarshal(data, &out)
	}
	if err != nil {
		return nil, errors.New("the values are not JSON-like")
	}
	return out, nil
}

func execute(ctx context.Context, c *chart.Chart, values chartutil.Values, lookups *Lookups) (map[string]string, error) {
	if lookups == nil {
		return engine.Render(c, values)
	}
	return engine.RenderWithClientProvider(c, values, lookups.provider(ctx))
}

// collect sorts rendered files into notes, hooks and manifests.
func (out *Output) collect(files map[string]string, labels map[string]string) error {
	for name, text := range files {
		if strings.HasSuffix(name, "NOTES.txt") {
			if name == path.Join(out.Chart.Name(), "templates", "NOTES.txt") {
				out.Notes = text
			}
			delete(files, name)
		}
	}
	hooks, manifests, err := releaseutil.SortManifests(files, nil, releaseutil.InstallOrder)
	if err != nil {
		return err
	}
	for _, h := range hooks {
		if h.Manifest, err = withLabels(h.Manifest, labels); err != nil {
			return fmt.Errorf("%s: %w", h.Path, err)
		}
	}
	var b bytes.Buffer
	for _, m := range manifests {
		text, err := withLabels(m.Content, labels)
		if err != nil {
			return fmt.Errorf("%s: %w", m.Name, err)
		}
		fmt.Fprintf(&b, "---\n# Source: %s\n%s\n", m.Name, text)
	}
	out.Manifest, out.Hooks = b.String(), hooks
	return nil
}

// withLabels adds labels to the metadata of one YAML document. Without labels the text stays as it is.
func withLabels(text string, labels map[string]string) (string, error) {
	if len(labels) == 0 {
		return text, nil
	}
	var doc map[string]any
	if err := yaml.Unmarshal([]byte(text), &doc); err != nil {
		return "", err
	}
	if doc == nil {
		return text, nil
	}
	targets := []any{doc}
	if items, ok := doc["items"].([]any); ok && strings.HasSuffix(fmt.Sprint(doc["kind"]), "List") {
		targets = items
	}
	for _, t := range targets {
		if obj, ok := t.(map[string]any); ok {
			addLabels(obj, labels)
		}
	}
	data, err := yaml.Marshal(doc)
	return strings.TrimSuffix(string(data), "\n"), err
}

func addLabels(obj map[string]any, labels map[string]string) {
	md, ok := obj["metadata"].(map[string]any)
	if !ok {
		return // has no name either: refused when objects are read
	}
	have, ok := md["labels"].(map[string]any)
	if !ok {
		have = map[string]any{}
		md["labels"] = have
	}
	for k, v := range labels {
		have[k] = v
	}
}

// Texts that tpl was given come from values. Helm quotes them whole in its errors, and what is wrong with
// them by their words.
var quoted = regexp.MustCompile(`(?s)(cannot parse template|tpl function execution for) ".*`)

func scrub(err error) error {
	text := err.Error()
	if clean := quoted.ReplaceAllString(text, "$1 a value (not shown)"); clean != text {
		return fmt.Errorf("%s", clean)
	}
	return err
}

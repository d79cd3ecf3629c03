package chartfs

import (
	"maps"
	"slices"

	"helm.sh/helm/v3/pkg/chart"
)

// Copy returns a chart whose metadata, values and dependencies may be changed, which is what Helm does
// when it processes conditions and imports. The content of files is shared.
func Copy(c *chart.Chart) *chart.Chart {
	out := &chart.Chart{
		Lock:      c.Lock,
		Templates: slices.Clone(c.Templates),
		Values:    CopyMap(c.Values),
		Schema:    c.Schema,
		Files:     slices.Clone(c.Files),
	}
	if c.Metadata != nil {
		md := *c.Metadata
		md.Annotations = maps.Clone(md.Annotations)
		md.Dependencies = make([]*chart.Dependency, len(c.Metadata.Dependencies))
		for i, d := range c.Metadata.Dependencies {
			dep := *d
			dep.ImportValues = copySlice(d.ImportValues)
			md.Dependencies[i] = &dep
		}
		if c.Metadata.Dependencies == nil {
			md.Dependencies = nil
		}
		out.Metadata = &md
	}
	for _, sub := range c.Dependencies() {
		out.AddDependency(Copy(sub))
	}
	return out
}

// CopyMap returns a deep copy of JSON-like values.
func CopyMap(m map[string]any) map[string]any {
	if m == nil {
		return nil
	}
	out := make(map[string]any, len(m))
	for k, v := range m {
		out[k] = copyAny(v)
	}
	return out
}

func copySlice(s []any) []any {
	if s == nil {
		return nil
	}
	out := make([]any, len(s))
	for i, v := range s {
		out[i] = copyAny(v)
	}
	return out
}

func copyAny(v any) any {
	switch v := v.(type) {
	case map[string]any:
		return CopyMap(v)
	case []any:
		return copySlice(v)
	}
	return v
}

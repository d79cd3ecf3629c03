// Package manifest reads objects out of rendered text.
package manifest

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"helm.sh/helm/v3/pkg/releaseutil"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/yaml"
)

// Object is one object of a manifest.
type Object struct {
	*unstructured.Unstructured
	Source string // the template's path; "" when unknown
	Order  int    // where its kind stands in Helm's install order
}

// Ref identifies an object whatever its version.
type Ref struct {
	Group     string `json:"g,omitempty"`
	Kind      string `json:"k"`
	Namespace string `json:"ns,omitempty"`
	Name      string `json:"n"`
	Version   string `json:"v,omitempty"` // where to find it; Key leaves it out
}

// Key is Ref without the version.
func (r Ref) Key() Ref { r.Version = ""; return r }

// GVK is the object's kind.
func (r Ref) GVK() schema.GroupVersionKind {
	return schema.GroupVersionKind{Group: r.Group, Version: r.Version, Kind: r.Kind}
}

// RefOf names an object.
func RefOf(o *unstructured.Unstructured) Ref {
	gvk := o.GroupVersionKind()
	return Ref{Group: gvk.Group, Version: gvk.Version, Kind: gvk.Kind, Namespace: o.GetNamespace(), Name: o.GetName()}
}

// InvalidError says which object of which template cannot be used.
type InvalidError struct {
	Source string
	Err    error
}

func (e *InvalidError) Error() string {
	if e.Source == "" {
		return e.Err.Error()
	}
	return e.Source + ": " + e.Err.Error()
}

// Unwrap returns the cause.
func (e *InvalidError) Unwrap() error { return e.Err }

// Parse reads the documents of a manifest in their order; lists are taken apart and empty documents left out.
func Parse(text string) ([]Object, error) {
	docs := releaseutil.SplitManifests(text)
	keys := make([]string, 0, len(docs))
	for k := range docs {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(a, b string) int {
		if releaseutil.BySplitManifestsOrder([]string{a, b}).Less(0, 1) {
			return -1
		}
		return 1
	})
	var out []Object
	var errs []error
	for _, k := range keys {
		source := sourceOf(docs[k])
		objects, err := parseDoc(docs[k])
		if err != nil {
			errs = append(errs, &InvalidError{source, err})
			continue
		}
		for _, o := range objects {
			out = append(out, Object{Unstructured: o, Source: source, Order: Order(o.GetKind())})
		}
	}
	return out, errors.Join(errs...)
}

// Order is where a kind stands in Helm's install order; kinds it does not know come last.
func Order(kind string) int {
	if i := slices.Index(releaseutil.InstallOrder, kind); i >= 0 {
		return i
	}
	return len(releaseutil.InstallOrder)
}

func parseDoc(text string) ([]*unstructured.Unstructured, error) {
	data, err := yaml.YAMLToJSON([]byte(text))
	if err != nil {
		return nil, err
	}
	if string(data) == "null" {
		return nil, nil
	}
	var head struct {
		APIVersion string            `json:"apiVersion"`
		Kind       string            `json:"kind"`
		Items      []json.RawMessage `json:"items"`
	}
	if err := json.Unmarshal(data, &head); err != nil {
		return nil, errors.New("is no Kubernetes object")
	}
	if head.Items == nil || !strings.HasSuffix(head.Kind, "List") {
		o, err := parseObject(data)
		if err != nil {
			return nil, err
		}
		return []*unstructured.Unstructured{o}, nil
	}
	var out []*unstructured.Unstructured
	for i, item := range head.Items {
		o, err := parseObject(item)
		if err != nil {
			return nil, fmt.Errorf("items[%d]: %w", i, err)
		}
		out = append(out, o)
	}
	return out, nil
}

func parseObject(data []byte) (*unstructured.Unstructured, error) {
	var o unstructured.Unstructured
	if err := o.UnmarshalJSON(data); err != nil {
		var head struct{ APIVersion, Kind string }
		if json.Unmarshal(data, &head) == nil && head.Kind == "" {
			return nil, errors.New("an object has no kind")
		}
		return nil, errors.New("is no Kubernetes object")
	}
	if o.GetAPIVersion() == "" {
		return nil, fmt.Errorf("%s %q has no apiVersion", o.GetKind(), o.GetName())
	}
	if o.GetName() == "" {
		return nil, fmt.Errorf("an object of kind %s has no metadata.name", o.GetKind())
	}
	return &o, nil
}

var sourceLine = regexp.MustCompile(`(?m)^# Source: (.+)$`)

func sourceOf(doc string) string {
	if m := sourceLine.FindStringSubmatch(doc); m != nil {
		return m[1]
	}
	return ""
}

package kubewrite

import (
	"fmt"
	"strings"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic"

	"github.com/addonkit/addonkit/hooks"
)

// target is the object of a change and the way to it.
type target struct {
	client       dynamic.ResourceInterface
	kind         schema.GroupVersionKind
	namespace    string // "" for objects of the cluster
	name         string
	subresources []string // of patches: none or one
	manager      string
}

func (w *Writer) target(c hooks.Change) (*target, error) {
	mapping, err := w.mapping(c.APIVersion, c.Kind)
	if err != nil {
		return nil, err
	}
	t := &target{kind: mapping.GroupVersionKind, name: c.Name, manager: w.manager}
	if c.Subresource != "" && !c.Operation.Creates() && !c.Operation.Deletes() {
		t.subresources = []string{c.Subresource}
	}
	resource := w.client.Resource(mapping.Resource)
	if mapping.Scope.Name() != meta.RESTScopeNameNamespace {
		t.client = resource
		return t, nil
	}
	if c.Namespace == "" {
		return nil, fmt.Errorf("%s objects live in a namespace; name it", mapping.GroupVersionKind.Kind)
	}
	t.namespace, t.client = c.Namespace, resource.Namespace(c.Namespace)
	return t, nil
}

// mapping finds the resource of a kind. Like kubectl it takes the singular and plural names as well, in any case, and
// the preferred version where none is given.
func (w *Writer) mapping(apiVersion, kind string) (*meta.RESTMapping, error) {
	gv, err := schema.ParseGroupVersion(apiVersion)
	if err != nil {
		return nil, fmt.Errorf("apiVersion %q is not of the form group/version", apiVersion)
	}
	if apiVersion != "" {
		if m, err := w.mapper.RESTMapping(gv.WithKind(kind).GroupKind(), gv.Version); err == nil || !meta.IsNoMatchError(err) {
			return m, err
		}
	}
	found, err := w.mapper.KindFor(gv.WithResource(strings.ToLower(kind)))
	if meta.IsAmbiguousError(err) {
		return nil, fmt.Errorf("several API groups have a kind %s; give the apiVersion", kind)
	}
	if meta.IsNoMatchError(err) || err == nil && apiVersion != "" && found.GroupVersion() != gv {
		return nil, fmt.Errorf("the cluster does not serve kind %s%s", kind, of(apiVersion))
	}
	if err != nil {
		return nil, err
	}
	return w.mapper.RESTMapping(found.GroupKind(), found.Version)
}

func of(apiVersion string) string {
	if apiVersion == "" {
		return ""
	}
	return " of " + apiVersion
}

package helmclient

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"helm.sh/helm/v3/pkg/chartutil"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/addonkit/addonkit/helmclient/internal/render"
)

// canonical encodes values so that equal values give equal bytes.
func canonical(values map[string]any) ([]byte, error) {
	if len(values) == 0 {
		return []byte("{}"), nil
	}
	data, err := json.Marshal(values) // sorts keys
	if err != nil {
		return nil, errors.New("Request.Values are not JSON-like")
	}
	return data, nil
}

// inputDigest identifies all that a release is made of, the cluster aside.
func inputDigest(r Request, values []byte) string {
	h := sha256.New()
	fmt.Fprintf(h, "1\x00%s\x00%s\x00%d\x00", r.Chart.Digest(), r.CRDs, len(values))
	h.Write(values)
	if len(r.Labels) > 0 {
		labels, _ := json.Marshal(r.Labels)
		h.Write(labels)
	}
	fmt.Fprintf(h, "\x00%t", r.DisableHooks)
	return "sha256:" + hex.EncodeToString(h.Sum(nil))
}

// renderingDigest identifies what came out.
func renderingDigest(out *render.Output) string {
	h := sha256.New()
	fmt.Fprintf(h, "%d\x00%s", len(out.Manifest), out.Manifest)
	for _, k := range out.Hooks {
		fmt.Fprintf(h, "\x00%d\x00%s", len(k.Manifest), k.Manifest)
	}
	return "sha256:" + hex.EncodeToString(h.Sum(nil))
}

// withKinds adds the kinds that crds/ brings, so that templates see the cluster as it will be.
func withKinds(caps *chartutil.Capabilities, kinds []definition) *chartutil.Capabilities {
	out := caps.Copy()
	out.APIVersions = slices.Clone(out.APIVersions)
	for _, k := range kinds {
		gv := k.GVK.GroupVersion().String()
		for _, v := range []string{gv, gv + "/" + k.GVK.Kind} {
			if !out.APIVersions.Has(v) {
				out.APIVersions = append(out.APIVersions, v)
			}
		}
	}
	slices.Sort(out.APIVersions)
	return out
}

// definition is one served version of a custom resource.
type definition struct {
	GVK        schema.GroupVersionKind
	GVR        schema.GroupVersionResource
	Namespaced bool
}

// kindsOf lists the served kinds that a CustomResourceDefinition defines; none for other objects.
func kindsOf(crd *unstructured.Unstructured) []definition {
	if crd.GetKind() != "CustomResourceDefinition" {
		return nil
	}
	group, _, _ := unstructured.NestedString(crd.Object, "spec", "group")
	kind, _, _ := unstructured.NestedString(crd.Object, "spec", "names", "kind")
	plural, _, _ := unstructured.NestedString(crd.Object, "spec", "names", "plural")
	scope, _, _ := unstructured.NestedString(crd.Object, "spec", "scope")
	versions, _, _ := unstructured.NestedSlice(crd.Object, "spec", "versions")
	var out []definition
	for _, v := range versions {
		m, _ := v.(map[string]any)
		name, _ := m["name"].(string)
		if served, ok := m["served"].(bool); name == "" || ok && !served {
			continue
		}
		d := definition{Namespaced: scope == "Namespaced"}
		d.GVK.Group, d.GVK.Version, d.GVK.Kind = group, name, kind
		d.GVR.Group, d.GVR.Version, d.GVR.Resource = group, name, plural
		out = append(out, d)
	}
	return out
}

// Package merge decides what an object in the cluster should become: a three-way merge of what was asked
// for before, what is asked for now, and what is there.
//
// Fields that earlier manifests set and the new one lacks are removed; fields that others set stay.
package merge

import (
	"encoding/json"
	"fmt"
	"maps"

	jsonpatch "github.com/evanphx/json-patch"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	utiljson "k8s.io/apimachinery/pkg/util/json"
	"k8s.io/apimachinery/pkg/util/jsonmergepatch"
	"k8s.io/apimachinery/pkg/util/strategicpatch"
	"k8s.io/client-go/kubernetes/scheme"
)

// Patch is a JSON merge patch from the object in the cluster to what it should become.
type Patch struct {
	Data []byte
	// Lists says that the patch replaces a list, so that it must not be laid over a newer object.
	Lists bool
}

// Empty says that nothing has to be written.
func (p Patch) Empty() bool { return len(p.Data) == 0 || string(p.Data) == "{}" }

// ThreeWay computes the patch. Before holds earlier manifests of the object, oldest first: the last good
// one and those of attempts since. Built-in kinds merge their lists by key as the API server does;
// other kinds replace them.
func ThreeWay(before []map[string]any, want, live *unstructured.Unstructured) (Patch, error) {
	current, err := json.Marshal(live.Object)
	if err != nil {
		return Patch{}, err
	}
	kind := kindOf(live.GroupVersionKind())
	target, err := kind.encode(want.Object)
	if err != nil {
		return Patch{}, err
	}
	merged := current
	if len(before) == 0 {
		before = []map[string]any{{}} // nothing was asked for before, so nothing is removed
	}
	for _, b := range before {
		original, err := kind.encode(b)
		if err != nil {
			return Patch{}, err
		}
		if merged, err = kind.merge(original, target, merged); err != nil {
			return Patch{}, err
		}
	}
	if a, ok := kind.normal(current); ok {
		if b, ok := kind.normal(merged); ok {
			current, merged = a, b
		}
	}
	data, err := jsonpatch.CreateMergePatch(current, merged)
	if err != nil {
		return Patch{}, err
	}
	var doc any
	if err := json.Unmarshal(data, &doc); err != nil {
		return Patch{}, err
	}
	return Patch{Data: data, Lists: hasList(doc)}, nil
}

// kind knows how objects of one kind are merged.
type kind struct {
	typed    func() runtime.Object          // nil: not a built-in kind
	lists    strategicpatch.LookupPatchMeta // nil: lists are replaced
	noStatus bool                           // status is a subresource, never written with the rest
}

func kindOf(gvk schema.GroupVersionKind) kind {
	if typed, err := scheme.Scheme.New(gvk); err == nil {
		if lists, err := strategicpatch.NewPatchMetaFromStruct(typed); err == nil {
			typed := func() runtime.Object { o, _ := scheme.Scheme.New(gvk); return o }
			return kind{typed: typed, lists: lists, noStatus: true}
		}
	}
	return kind{noStatus: gvk.Kind == "CustomResourceDefinition"}
}

// encode leaves out what a manifest cannot set.
func (k kind) encode(object map[string]any) ([]byte, error) {
	out := make(map[string]any, len(object))
	maps.Copy(out, object)
	if k.noStatus {
		delete(out, "status")
	}
	if md, ok := out["metadata"].(map[string]any); ok {
		clean := make(map[string]any, len(md))
		for key, v := range md {
			if key != "creationTimestamp" {
				clean[key] = v
			}
		}
		out["metadata"] = clean
	}
	return json.Marshal(out)
}

// normal writes an object as the API server would, so that "1000m" is "1" and an explicit zero is no
// difference. It is false for kinds, and for objects with fields, that are not known here.
func (k kind) normal(data []byte) ([]byte, bool) {
	var object map[string]any
	if k.typed == nil || utiljson.Unmarshal(data, &object) != nil {
		return nil, false
	}
	typed := k.typed()
	if runtime.DefaultUnstructuredConverter.FromUnstructuredWithValidation(object, typed, true) != nil {
		return nil, false
	}
	out, err := json.Marshal(typed)
	return out, err == nil
}

func (k kind) merge(original, target, current []byte) ([]byte, error) {
	if k.lists == nil {
		patch, err := jsonmergepatch.CreateThreeWayJSONMergePatch(original, target, current)
		if err != nil {
			return nil, fmt.Errorf("merge: %w", err)
		}
		return jsonpatch.MergePatch(current, patch)
	}
	patch, err := strategicpatch.CreateThreeWayMergePatch(original, target, current, k.lists, true)
	if err != nil {
		return nil, fmt.Errorf("merge: %w", err)
	}
	return strategicpatch.StrategicMergePatchUsingLookupPatchMeta(current, patch, k.lists)
}

func hasList(v any) bool {
	switch v := v.(type) {
	case []any:
		return true
	case map[string]any:
		for _, e := range v {
			if hasList(e) {
				return true
			}
		}
	}
	return false
}

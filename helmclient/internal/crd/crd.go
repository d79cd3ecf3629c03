// Package crd tells whether a CustomResourceDefinition may be changed without harm to what is stored.
package crd

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// Unsafe lists what a change from live to want would break; nothing when it is safe. Looked at are the
// scope, versions that are served or stored, and the schemas of versions that both have: a property that
// goes, changes its type, loses an allowed value or becomes required makes stored objects invalid or
// loses their fields.
func Unsafe(live, want *unstructured.Unstructured) (out []string) {
	was, will := text(live, "spec", "scope"), text(want, "spec", "scope")
	if was != will {
		out = append(out, fmt.Sprintf("the scope would change from %s to %s", was, will))
	}
	stored, _, _ := unstructured.NestedStringSlice(live.Object, "status", "storedVersions")
	before, after := versions(live), versions(want)
	for _, name := range slices.Sorted(maps.Keys(before)) {
		v, stays := after[name]
		switch {
		case !stays && slices.Contains(stored, name):
			out = append(out, fmt.Sprintf("version %s would go, but objects may be stored in it", name))
		case before[name]["served"] == true && (!stays || v["served"] != true):
			out = append(out, fmt.Sprintf("version %s would no longer be served", name))
		}
		if stays {
			a, _, _ := unstructured.NestedMap(before[name], "schema", "openAPIV3Schema")
			b, _, _ := unstructured.NestedMap(v, "schema", "openAPIV3Schema")
			out = append(out, schema(name, a, b)...)
		}
	}
	return out
}

func versions(crd *unstructured.Unstructured) map[string]map[string]any {
	list, _, _ := unstructured.NestedSlice(crd.Object, "spec", "versions")
	out := map[string]map[string]any{}
	for _, v := range list {
		if m, ok := v.(map[string]any); ok {
			out[fmt.Sprint(m["name"])] = m
		}
	}
	return out
}

// schema compares two schemas at path and below.
func schema(path string, a, b map[string]any) (out []string) {
	if a == nil || b == nil {
		return nil
	}
	if was, will := a["type"], b["type"]; was != nil && was != will {
		return []string{fmt.Sprintf("%s would change its type from %v to %v", path, was, will)}
	}
	if lost := without(items(a, "enum"), items(b, "enum")); len(items(b, "enum")) > 0 && (len(lost) > 0 || len(items(a, "enum")) == 0) {
		out = append(out, fmt.Sprintf("%s would allow fewer values", path))
	}
	if more := without(items(b, "required"), items(a, "required")); len(more) > 0 {
		out = append(out, fmt.Sprintf("%s would require %s", path, strings.Join(more, ", ")))
	}
	was, will := nested(a, "properties"), nested(b, "properties")
	for _, name := range slices.Sorted(maps.Keys(was)) {
		at := path + "." + name
		sub, stays := will[name].(map[string]any)
		if !stays {
			if b["x-kubernetes-preserve-unknown-fields"] != true {
				out = append(out, at+" would go")
			}
			continue
		}
		out = append(out, schema(at, nested(was, name), sub)...)
	}
	out = append(out, schema(path+"[]", nested(a, "items"), nested(b, "items"))...)
	return append(out, schema(path+"{}", nested(a, "additionalProperties"), nested(b, "additionalProperties"))...)
}

func nested(m map[string]any, key string) map[string]any {
	sub, _ := m[key].(map[string]any)
	return sub
}

func items(m map[string]any, key string) (out []string) {
	list, _ := m[key].([]any)
	for _, v := range list {
		out = append(out, fmt.Sprint(v))
	}
	return out
}

func without(a, b []string) []string {
	return slices.DeleteFunc(slices.Clone(a), func(s string) bool { return slices.Contains(b, s) })
}

func text(o *unstructured.Unstructured, fields ...string) string {
	s, _, _ := unstructured.NestedString(o.Object, fields...)
	return s
}

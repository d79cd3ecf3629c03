package hooks

import (
	"fmt"
	"slices"

	"github.com/addonkit/addonkit/hooks/internal/proto"
)

// ParseChanges reads what an executable wrote to KUBERNETES_PATCH_PATH: a stream of JSON documents, or YAML documents
// separated by lines of three dashes, each one change or a list of them. All is taken or nothing; the error tells all
// violations by the number of the document, from 1, and the path in it.
func ParseChanges(data []byte) ([]Change, error) {
	docs, err := proto.Stream(data)
	if err != nil {
		return nil, err
	}
	bad := &proto.Violations{}
	var changes []Change
	for i, doc := range docs {
		path := fmt.Sprintf("document %d", i+1)
		list, ok := doc.([]any)
		if !ok {
			changes = append(changes, readChange(path, doc, bad))
			continue
		}
		for j, item := range list {
			changes = append(changes, readChange(fmt.Sprintf("%s[%d]", path, j), item, bad))
		}
	}
	if err := bad.Err(); err != nil {
		return nil, err
	}
	return changes, nil
}

func readChange(path string, doc any, bad *proto.Violations) Change {
	o := proto.NewObject(path, doc, bad)
	if o == nil {
		return Change{}
	}
	c := Change{
		Operation:           Operation(o.Need("operation")),
		APIVersion:          o.String("apiVersion"),
		Kind:                o.String("kind"),
		Namespace:           o.String("namespace"),
		Name:                o.String("name"),
		Subresource:         o.String("subresource"),
		Object:              readMap(o, "object"),
		JQFilter:            o.String("jqFilter"),
		MergePatch:          readMap(o, "mergePatch"),
		JSONPatch:           readJSONPatch(o),
		IgnoreMissingObject: o.Bool("ignoreMissingObject", false) || o.Bool("ignoreMissingObjects", false),
		IgnoreHookError:     o.Bool("ignoreHookError", false),
	}
	o.Close()
	c.checkForeign(o)
	c.identify()
	if c.Operation != "" {
		c.check(path, bad)
	}
	return c
}

// checkForeign notes fields of another operation, and an identity that differs from that of the object.
func (c *Change) checkForeign(o *proto.Object) {
	if !slices.Contains(operations, c.Operation) {
		return
	}
	payloads := map[string]bool{
		"object":     c.Operation.Creates(),
		"jqFilter":   c.Operation == JQPatch,
		"mergePatch": c.Operation == MergePatch,
		"jsonPatch":  c.Operation == JSONPatch,
	}
	for _, field := range []string{"object", "jqFilter", "mergePatch", "jsonPatch"} {
		if o.Has(field) && !payloads[field] {
			o.Bad(field, "does not belong to %s", c.Operation)
		}
	}
	if !c.Operation.Creates() {
		return
	}
	of := *c
	of.identify()
	for _, pair := range [][3]string{
		{"apiVersion", c.APIVersion, of.APIVersion}, {"kind", c.Kind, of.Kind},
		{"namespace", c.Namespace, of.Namespace}, {"name", c.Name, of.Name},
	} {
		if pair[1] != "" && pair[1] != pair[2] {
			o.Bad(pair[0], "is %q, but that of the object is %q", pair[1], pair[2])
		}
	}
}

// readMap reads a map, or a text that holds one as YAML or JSON.
func readMap(o *proto.Object, key string) map[string]any {
	text, ok := o.Any(key).(string)
	if !ok {
		return o.Map(key)
	}
	doc, err := proto.Document([]byte(text))
	if err != nil {
		o.Bad(key, "is a string that holds no YAML or JSON")
		return nil
	}
	m, ok := doc.(map[string]any)
	if !ok {
		o.Bad(key, "is a string that holds no map")
	}
	return m
}

func readJSONPatch(o *proto.Object) []PatchOp {
	v := o.Any("jsonPatch")
	if text, ok := v.(string); ok {
		doc, err := proto.Document([]byte(text))
		if err != nil {
			o.Bad("jsonPatch", "is a string that holds no JSON")
			return nil
		}
		v = doc
	}
	if v == nil {
		return nil
	}
	list, ok := v.([]any)
	if !ok {
		o.Bad("jsonPatch", "must be a list of operations")
		return nil
	}
	ops := make([]PatchOp, 0, len(list))
	for i, item := range list {
		ops = append(ops, readPatchOp(o, fmt.Sprintf("jsonPatch[%d]", i), item))
	}
	return ops
}

func readPatchOp(parent *proto.Object, key string, v any) PatchOp {
	bad := &proto.Violations{}
	o := proto.NewObject("", v, bad)
	p := PatchOp{Op: o.Need("op"), Path: o.String("path"), From: o.String("from"), Value: o.Any("value")}
	if m, ok := v.(map[string]any); ok {
		if _, there := m["path"]; !there {
			bad.Add("path", "is required")
		}
		_, there := m["value"]
		if !there && (p.Op == "add" || p.Op == "replace" || p.Op == "test") {
			bad.Add("value", "is required by %s", p.Op)
		}
		if _, there := m["from"]; !there && (p.Op == "move" || p.Op == "copy") {
			bad.Add("from", "is required by %s", p.Op)
		}
	}
	o.Close()
	if err := bad.Err(); err != nil {
		parent.Bad(key, "%v", err)
	}
	return p
}

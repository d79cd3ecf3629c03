package hooks

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/addonkit/addonkit/hooks/internal/proto"
	"github.com/addonkit/addonkit/kubeevents/jq"
)

// Operation is what a [Change] does.
type Operation string

// The operations.
const (
	Create             Operation = "Create"             // an existing object is an error
	CreateIfNotExists  Operation = "CreateIfNotExists"  // an existing object stays as it is
	CreateOrUpdate     Operation = "CreateOrUpdate"     // an existing object gets the fields given; others stay
	Delete             Operation = "Delete"             // in the foreground, and waits until it is gone; absent is fine
	DeleteInBackground Operation = "DeleteInBackground" // does not wait; absent is fine
	DeleteNonCascading Operation = "DeleteNonCascading" // dependants stay as orphans; absent is fine
	JQPatch            Operation = "JQPatch"            // the object becomes what the jq program makes of it
	MergePatch         Operation = "MergePatch"         // RFC 7386
	JSONPatch          Operation = "JSONPatch"          // RFC 6902
)

var operations = []Operation{
	Create, CreateIfNotExists, CreateOrUpdate, Delete, DeleteInBackground, DeleteNonCascading, JQPatch, MergePatch, JSONPatch,
}

// Creates tells whether the operation brings a whole object.
func (o Operation) Creates() bool {
	return o == Create || o == CreateIfNotExists || o == CreateOrUpdate
}

// Deletes tells whether the operation removes an object.
func (o Operation) Deletes() bool {
	return o == Delete || o == DeleteInBackground || o == DeleteNonCascading
}

// Change is one write to the cluster as data. Its numbers are int64 and float64, so changes of one meaning are equal
// by reflect.DeepEqual wherever they come from. It marshals to the form that executables write.
type Change struct {
	Operation Operation
	// APIVersion may be empty: the version that the server prefers. Kind, Namespace and Name tell which object;
	// operations that create have these four from Object.
	APIVersion, Kind, Namespace, Name string
	// Subresource is written instead of the object itself, as "status".
	Subresource string
	// Object is the object to create.
	Object map[string]any
	// JQFilter, MergePatch, JSONPatch: the patch of the operation of that name.
	JQFilter   string
	MergePatch map[string]any
	JSONPatch  []PatchOp
	// IgnoreMissingObject lets a patch of an absent object count as done.
	IgnoreMissingObject bool
	// IgnoreHookError carries the change out although the hook failed.
	IgnoreHookError bool
}

// PatchOp is one operation of a JSON patch.
type PatchOp struct {
	Op    string // add, remove, replace, move, copy, test
	Path  string
	From  string // of move and copy
	Value any    // of add, replace and test
}

// MarshalJSON leaves out what the operation does not have.
func (p PatchOp) MarshalJSON() ([]byte, error) {
	doc := map[string]any{"op": p.Op, "path": p.Path}
	switch p.Op {
	case "move", "copy":
		doc["from"] = p.From
	case "add", "replace", "test":
		doc["value"] = p.Value
	}
	return json.Marshal(doc)
}

// String names the operation and the object, and nothing of its content.
func (c Change) String() string {
	name := c.Name
	if c.Namespace != "" {
		name = c.Namespace + "/" + c.Name
	}
	if c.Subresource != "" {
		name += "/" + c.Subresource
	}
	return fmt.Sprintf("%s %s %s", c.Operation, c.Kind, name)
}

// MarshalJSON gives the form that [ParseChanges] reads.
func (c Change) MarshalJSON() ([]byte, error) {
	doc := map[string]any{"operation": c.Operation}
	put := func(key, value string) {
		if value != "" {
			doc[key] = value
		}
	}
	put("subresource", c.Subresource)
	if c.Operation.Creates() {
		doc["object"] = c.Object
	} else {
		put("apiVersion", c.APIVersion)
		put("kind", c.Kind)
		put("namespace", c.Namespace)
		put("name", c.Name)
	}
	switch c.Operation {
	case JQPatch:
		doc["jqFilter"] = c.JQFilter
	case MergePatch:
		doc["mergePatch"] = c.MergePatch
	case JSONPatch:
		doc["jsonPatch"] = c.JSONPatch
	}
	if c.IgnoreMissingObject {
		doc["ignoreMissingObject"] = true
	}
	if c.IgnoreHookError {
		doc["ignoreHookError"] = true
	}
	return json.Marshal(doc)
}

// Validate tells everything that is wrong with the change, as far as can be told without a cluster.
func (c Change) Validate() error {
	bad := &proto.Violations{}
	c.check("", bad)
	return bad.Err()
}

func (c *Change) check(path string, bad *proto.Violations) {
	at := func(field string) string {
		if path == "" {
			return field
		}
		return path + "." + field
	}
	if !slices.Contains(operations, c.Operation) {
		bad.Add(at("operation"), "unknown operation %q%s", c.Operation, proto.DidYouMean(string(c.Operation), operationNames()))
		return
	}
	identity := path
	if c.Operation.Creates() {
		identity = at("object")
		if len(c.Object) == 0 {
			bad.Add(identity, "is required by %s", c.Operation)
			return
		}
		if c.APIVersion == "" {
			bad.Add(identity+".apiVersion", "is required")
		}
	}
	if c.Kind == "" {
		bad.Add(join(identity, "kind"), "is required")
	}
	if c.Name == "" && !c.generatesName() {
		bad.Add(join(identity, "name"), "is required")
	}
	c.checkPatch(at, bad)
}

func (c *Change) checkPatch(at func(string) string, bad *proto.Violations) {
	switch c.Operation {
	case JQPatch:
		if c.JQFilter == "" {
			bad.Add(at("jqFilter"), "is required by JQPatch")
		} else if _, err := jq.Compile(c.JQFilter); err != nil {
			bad.Add(at("jqFilter"), "%v", err)
		}
	case MergePatch:
		if c.MergePatch == nil {
			bad.Add(at("mergePatch"), "is required by MergePatch")
		}
	case JSONPatch:
		if len(c.JSONPatch) == 0 {
			bad.Add(at("jsonPatch"), "is required by JSONPatch")
		}
		for i, op := range c.JSONPatch {
			op.check(at(fmt.Sprintf("jsonPatch[%d]", i)), bad)
		}
	}
}

func (p *PatchOp) check(path string, bad *proto.Violations) {
	known := []string{"add", "remove", "replace", "move", "copy", "test"}
	if !slices.Contains(known, p.Op) {
		bad.Add(path+".op", "unknown operation %q%s", p.Op, proto.DidYouMean(p.Op, known))
	}
	pointers := map[string]string{"path": p.Path}
	if p.Op == "move" || p.Op == "copy" {
		pointers["from"] = p.From
	}
	for field, pointer := range pointers {
		if pointer != "" && pointer[0] != '/' {
			bad.Add(path+"."+field, "a pointer begins with a slash: /%s", pointer)
		}
	}
}

// generatesName: only Create lets the server choose a name.
func (c *Change) generatesName() bool {
	if c.Operation != Create {
		return false
	}
	meta, _ := c.Object["metadata"].(map[string]any)
	prefix, _ := meta["generateName"].(string)
	return prefix != ""
}

// identify takes apiVersion, kind, namespace and name from the object of an operation that creates.
func (c *Change) identify() {
	if !c.Operation.Creates() {
		return
	}
	meta, _ := c.Object["metadata"].(map[string]any)
	c.APIVersion, _ = c.Object["apiVersion"].(string)
	c.Kind, _ = c.Object["kind"].(string)
	c.Namespace, _ = meta["namespace"].(string)
	c.Name, _ = meta["name"].(string)
}

func operationNames() []string {
	names := make([]string, len(operations))
	for i, o := range operations {
		names[i] = string(o)
	}
	return names
}

func join(path, field string) string {
	if path == "" {
		return field
	}
	return path + "." + field
}

package kubeevents

import (
	"hash/fnv"
	"reflect"
	"strconv"
)

// record is what one or several subscriptions keep of one object. It never changes.
type record struct {
	id *identity
	// content begins with its kind. Equal contents, and equal typed results, are no event.
	content string
	typed   any
	// object is the packed whole object, nil unless asked for.
	object *string
}

// identity is shared by all records of an object.
type identity struct{ namespace, name string }

func (id *identity) key() string { return id.namespace + "/" + id.name }

// The kinds of content.
const (
	contentResult  = 'r' // a packed result follows
	contentTyped   = 't' // the result is in typed
	contentVersion = 'v' // no filter: the resource version follows
)

func resultRecord(id *identity, result any, keepType bool) *record {
	if !keepType {
		if packed, err := pack([]byte{contentResult}, result); err == nil {
			return &record{id: id, content: string(packed)}
		}
	}
	return &record{id: id, content: string(contentTyped), typed: result}
}

// versionRecord is for subscriptions without a filter: any change is of interest. Servers that version nothing, as
// fakes do, have the content for a version.
func versionRecord(id *identity, version string, content func() string) *record {
	if version == "" {
		hash := fnv.New64a()
		_, _ = hash.Write([]byte(content()))
		version = "#" + strconv.FormatUint(hash.Sum64(), 36)
	}
	return &record{id: id, content: string(contentVersion) + version}
}

// recordOf takes an item that someone else made.
func recordOf(item Item) *record {
	id := &identity{item.Namespace, item.Name}
	r := &record{id: id, content: string(contentVersion)}
	if item.HasResult {
		r = resultRecord(id, item.Result, false)
	}
	if item.Object != nil {
		if packed, err := pack(nil, item.Object); err == nil {
			object := string(packed)
			r.object = &object
			if !item.HasResult {
				r = &record{id: id, content: versionRecord(id, versionIn(item.Object), func() string { return object }).content, object: &object}
			}
		}
	}
	return r
}

// same tells whether the difference between two states of an object is none to the subscription.
func same(a, b *record) bool {
	if a == b {
		return true
	}
	if a == nil || b == nil || a.content != b.content {
		return false
	}
	return a.content[0] != contentTyped || reflect.DeepEqual(a.typed, b.typed)
}

func (r *record) item() Item {
	item := Item{Namespace: r.id.namespace, Name: r.id.name}
	switch r.content[0] {
	case contentResult:
		item.Result, item.HasResult = unpack(r.content[1:]), true
	case contentTyped:
		item.Result, item.HasResult = r.typed, true
	}
	if r.object != nil {
		item.Object, _ = unpack(*r.object).(map[string]any)
	}
	return item
}

func versionIn(object map[string]any) string {
	metadata, _ := object["metadata"].(map[string]any)
	version, _ := metadata["resourceVersion"].(string)
	return version
}

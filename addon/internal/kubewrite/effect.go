package kubewrite

import (
	"reflect"
	"strings"

	"github.com/addonkit/addonkit/hooks"
)

// inEffect tells whether an object is as a JSON patch leaves it: what it sets is there, what it removes is not. Only
// patches of maps can be judged so; tests of what was before say nothing of what is after.
func inEffect(object map[string]any, patch []hooks.PatchOp) bool {
	judged := false
	for _, op := range patch {
		switch op.Op {
		case "test":
			continue
		case "add", "replace", "remove":
		default:
			return false
		}
		value, there, inMaps := lookup(object, op.Path)
		if !inMaps || there != (op.Op != "remove") {
			return false
		}
		if there && !equal(value, op.Value) {
			return false
		}
		judged = true
	}
	return judged
}

// lookup follows a JSON pointer through maps.
func lookup(object map[string]any, pointer string) (value any, there, inMaps bool) {
	if pointer == "" {
		return nil, false, false
	}
	value = object
	for token := range strings.SplitSeq(pointer[1:], "/") {
		m, isMap := value.(map[string]any)
		if !isMap {
			return nil, false, false
		}
		token = strings.NewReplacer("~1", "/", "~0", "~").Replace(token)
		if value, there = m[token]; !there {
			return nil, false, true
		}
	}
	return value, true, true
}

func equal(have, want any) bool {
	var normal any
	return copyJSON(want, &normal) == nil && reflect.DeepEqual(have, normal)
}

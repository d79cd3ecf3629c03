package hooks

import (
	"encoding/json"

	"github.com/addonkit/addonkit/kubeevents"
)

// ContextType says what kind of thing a [Context] tells.
type ContextType string

// The types of contexts. That of a moment is empty.
const (
	TypeMoment          ContextType = ""
	TypeSchedule        ContextType = "Schedule"
	TypeSynchronization ContextType = "Synchronization"
	TypeEvent           ContextType = "Event"
	TypeGroup           ContextType = "Group"
)

// Snapshots are snapshots by the names of their watches.
type Snapshots map[string]kubeevents.Snapshot

// Context is one reason for a run. It marshals to an element of the JSON array that executables get.
//
// A context as it fired names only Binding, Type and, for an event, Event and Item. [Hook.Contexts] completes it.
type Context struct {
	// Binding is the name of the watch or schedule, or the moment.
	Binding string
	Type    ContextType
	// Event and Item: what happened to which object. For TypeEvent only.
	Event kubeevents.EventType
	Item  *kubeevents.Item
	// Objects are all objects of the watch. For TypeSynchronization only.
	Objects kubeevents.Snapshot
	// Group is the group of the binding. For TypeGroup only.
	Group string
	// Snapshots of the watches that belong to the binding. Nil: none do.
	Snapshots Snapshots
}

// MarshalJSON gives the form that executables read. Keys that do not belong to the type are left out.
func (c Context) MarshalJSON() ([]byte, error) {
	doc := struct {
		Binding   string                 `json:"binding"`
		Type      ContextType            `json:"type,omitempty"`
		Group     string                 `json:"groupName,omitempty"`
		Event     kubeevents.EventType   `json:"watchEvent,omitempty"`
		Object    *map[string]any        `json:"object,omitempty"`
		Result    *any                   `json:"filterResult,omitempty"`
		Objects   *[]itemJSON            `json:"objects,omitempty"`
		Snapshots *map[string][]itemJSON `json:"snapshots,omitempty"`
	}{Binding: c.Binding, Type: c.Type}
	switch c.Type {
	case TypeGroup:
		doc.Group = c.Group
	case TypeSynchronization:
		list := itemList(c.Objects)
		doc.Objects = &list
	case TypeEvent:
		doc.Event = c.Event
		if c.Item != nil {
			item := itemAsJSON(*c.Item)
			doc.Object, doc.Result = item.Object, item.Result
		}
	}
	if c.Snapshots != nil {
		all := make(map[string][]itemJSON, len(c.Snapshots))
		for name, s := range c.Snapshots {
			all[name] = itemList(s)
		}
		doc.Snapshots = &all
	}
	return json.Marshal(doc)
}

// itemJSON leaves out the object when it was not kept and the result when there is no filter; a result of null stays.
type itemJSON struct {
	Object *map[string]any `json:"object,omitempty"`
	Result *any            `json:"filterResult,omitempty"`
}

func itemAsJSON(item kubeevents.Item) itemJSON {
	var j itemJSON
	if item.Object != nil {
		j.Object = &item.Object
	}
	if item.HasResult {
		j.Result = &item.Result
	}
	return j
}

func itemList(s kubeevents.Snapshot) []itemJSON {
	list := make([]itemJSON, 0, s.Len())
	for item := range s.All() {
		list = append(list, itemAsJSON(item))
	}
	return list
}

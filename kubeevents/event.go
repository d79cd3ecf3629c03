package kubeevents

// EventType says how an object changed.
type EventType string

// The types of events.
const (
	Added    EventType = "Added"    // the object is new to the subscription
	Modified EventType = "Modified" // the projection of the object changed
	Deleted  EventType = "Deleted"  // the object is gone, or no longer what the query asks for; Item is its last known state
)

// Event is a change of one object, seen through the query.
type Event struct {
	Type EventType
	Item
}

// Item is what is kept of one object. It is a private copy: its maps may be changed, except those in a typed result
// of Pick.
type Item struct {
	Namespace, Name string
	// Object is the whole object. Nil unless the query is Full. Numbers are int64 or float64.
	Object map[string]any
	// Result is what the filter made of the object; numbers are int64 or float64, larger integers json.Number.
	Result any
	// HasResult tells a result that is nil from none: false when the query has no filter.
	HasResult bool
}

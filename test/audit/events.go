package audit

import (
	"slices"
	"strings"
)

// Events are requests in the order of the log.
type Events []Event

func (e *Events) add(event Event) {
	if !event.isMark() {
		*e = append(*e, event)
	}
}

func (e Event) isMark() bool { return strings.HasPrefix(e.URI, markPath) }

// Filter says whether a request counts.
type Filter func(Event) bool

// Where keeps the requests for which all filters hold.
func (e Events) Where(filters ...Filter) Events {
	var kept Events
	for _, event := range e {
		if !slices.ContainsFunc(filters, func(f Filter) bool { return !f(event) }) {
			kept = append(kept, event)
		}
	}
	return kept
}

// Agent keeps requests whose User-Agent begins so.
func Agent(prefix string) Filter {
	return func(e Event) bool { return strings.HasPrefix(e.Agent, prefix) }
}

// User keeps requests of one authenticated user, as
// "system:serviceaccount:<namespace>:<name>".
func User(name string) Filter { return func(e Event) bool { return e.User == name } }

// Verb keeps requests with one of the verbs.
func Verb(verbs ...string) Filter {
	return func(e Event) bool { return slices.Contains(verbs, e.Verb) }
}

// Kind keeps requests for one of the kinds, each as [Event.Kind] writes it.
func Kind(kinds ...string) Filter {
	return func(e Event) bool { return slices.Contains(kinds, e.Kind()) }
}

// Object keeps requests for one object, or with an empty name for all of a namespace.
func Object(namespace, name string) Filter {
	return func(e Event) bool { return e.Namespace == namespace && (name == "" || e.Name == name) }
}

// Mutating keeps requests that could change something.
func Mutating(e Event) bool { return e.Mutates() }

// Failed keeps requests that were answered with an error.
func Failed(e Event) bool { return e.Code >= 400 }

// Not reverses a filter.
func Not(f Filter) Filter { return func(e Event) bool { return !f(e) } }

package audit

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// Event is one request as the API server saw it.
type Event struct {
	// Time is when the request arrived.
	Time time.Time
	// Agent is the whole User-Agent header; Client makes a name of it.
	Agent string
	// User is who asked, as authenticated.
	User string
	// Verb is get, list, watch, create, update, patch, delete or deletecollection; for a
	// request outside the API it is the HTTP method in lower case.
	Verb string
	// Group and Resource name what was asked for; both are empty outside the API.
	Group, Resource string
	// Subresource is "status", "scale", "" and so on.
	Subresource string
	// Namespace and Name are empty where the request has none.
	Namespace, Name string
	// URI is the path with its query.
	URI string
	// Code is the HTTP status of the answer.
	Code int
}

// Client is a short name for who asked: the component that a User-Agent ends with, as in
// "…/kubernetes/unknown/node-controller", or else the program's name.
func (e Event) Client() string {
	if _, component, ok := strings.Cut(e.Agent, " kubernetes/"); ok {
		if _, component, ok = strings.Cut(component, "/"); ok {
			return component
		}
	}
	program, _, _ := strings.Cut(e.Agent, "/")
	return program
}

// Kind is the resource as it is usually written: "deployments.apps", "pods/status", and
// the path for what is not in the API.
func (e Event) Kind() string {
	if e.Resource == "" {
		path, _, _ := strings.Cut(e.URI, "?")
		return path
	}
	kind := e.Resource
	if e.Group != "" {
		kind += "." + e.Group
	}
	if e.Subresource != "" {
		kind += "/" + e.Subresource
	}
	return kind
}

// Mutates says whether the request was one that could change an object, whether it did or
// was refused.
func (e Event) Mutates() bool {
	switch e.Verb {
	case "create", "update", "patch", "delete", "deletecollection":
		// These ask a question in the form of an object.
		return !strings.Contains(e.URI, "dryRun=All") && e.Group != "authorization.k8s.io" && e.Group != "authentication.k8s.io"
	}
	return false
}

// String describes the event on one line.
func (e Event) String() string {
	object := strings.TrimPrefix(e.Namespace+"/"+e.Name, "/")
	return fmt.Sprintf("%s %s %s %s %s %d", e.Time.Format("15:04:05.000"), e.Client(), e.Verb, e.Kind(), object, e.Code)
}

// parse reads one line of the log. ok is false for an entry that is not a request of its
// own: the end of a watch whose begin was logged.
func parse(line []byte) (event Event, ok bool, err error) {
	var entry struct {
		Stage, Verb, RequestURI, UserAgent string
		RequestReceivedTimestamp           time.Time
		User                               struct{ Username string }
		ObjectRef                          struct{ APIGroup, Resource, Subresource, Namespace, Name string }
		ResponseStatus                     struct{ Code int }
	}
	if err := json.Unmarshal(line, &entry); err != nil {
		return Event{}, false, err
	}
	began, ended := entry.Stage == "ResponseStarted", entry.Stage == "ResponseComplete" || entry.Stage == "Panic"
	streams := entry.Verb == "watch" && entry.ResponseStatus.Code < 400
	if !began && (!ended || streams) {
		return Event{}, false, nil
	}
	ref := entry.ObjectRef
	return Event{
		Time: entry.RequestReceivedTimestamp, Agent: entry.UserAgent, User: entry.User.Username, Verb: entry.Verb,
		Group: ref.APIGroup, Resource: ref.Resource, Subresource: ref.Subresource, Namespace: ref.Namespace, Name: ref.Name,
		URI: entry.RequestURI, Code: entry.ResponseStatus.Code,
	}, true, nil
}

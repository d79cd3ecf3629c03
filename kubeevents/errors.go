package kubeevents

import (
	"errors"
	"fmt"
	"strings"

	"k8s.io/apimachinery/pkg/runtime/schema"
)

// ErrStopped is what waits and new subscriptions get from a Watcher whose Run has ended.
var ErrStopped = errors.New("the watcher has stopped")

// ErrClosed is what waits get from a closed subscription.
var ErrClosed = errors.New("the subscription is closed")

// QueryError refuses a query that no cluster could answer.
type QueryError struct {
	Field   string // of Query, as "Labels"
	Problem string // with its remedy
}

func (e *QueryError) Error() string { return "query: " + e.Field + ": " + e.Problem }

// PendingError says that the server does not serve the kind now. The watcher goes on looking for it.
type PendingError struct {
	APIVersion string // empty: any
	Kind       string
	// Dead are API groups that did not answer and might have it.
	Dead []string
}

func (e *PendingError) Error() string {
	kind := e.Kind
	if e.APIVersion != "" {
		kind += " of " + e.APIVersion
	}
	text := fmt.Sprintf("kind %s is not served yet", kind)
	if len(e.Dead) > 0 {
		text += "; these API groups do not answer: " + strings.Join(e.Dead, ", ")
	}
	return text
}

// ForbiddenError says which permission is missing.
type ForbiddenError struct {
	Verb      string // list or watch
	Resource  schema.GroupVersionResource
	Namespace string // empty: all
	Err       error  // the server's answer
}

func (e *ForbiddenError) Error() string {
	where := "in all namespaces"
	if e.Namespace != "" {
		where = "in namespace " + e.Namespace
	}
	return fmt.Sprintf("no permission to %s %s %s: grant it by a role", e.Verb, e.Resource.GroupResource(), where)
}

func (e *ForbiddenError) Unwrap() error { return e.Err }

// GroupError says that the API group of a kind is known but does not answer, as when the server behind an APIService
// is down.
type GroupError struct {
	GroupVersion string
	Err          error
}

func (e *GroupError) Error() string {
	return fmt.Sprintf("API group %s does not answer: %v", e.GroupVersion, e.Err)
}

func (e *GroupError) Unwrap() error { return e.Err }

// DiscoveryError says that the server did not tell which kinds it serves. It is asked again.
type DiscoveryError struct{ Err error }

func (e *DiscoveryError) Error() string { return "discovery failed: " + e.Err.Error() }

func (e *DiscoveryError) Unwrap() error { return e.Err }

// WatchError is any other failure to list or watch. It is retried.
type WatchError struct {
	Verb      string
	Resource  schema.GroupVersionResource
	Namespace string
	Err       error
}

func (e *WatchError) Error() string {
	return fmt.Sprintf("%s of %s failed: %v", e.Verb, e.Resource.GroupResource(), e.Err)
}

func (e *WatchError) Unwrap() error { return e.Err }

// FilterError names an object to which a filter could not be applied.
type FilterError struct {
	Namespace, Name string
	Err             error
}

func (e *FilterError) Error() string {
	return fmt.Sprintf("filter failed on %s: %v", printName(e.Namespace, e.Name), e.Err)
}

func (e *FilterError) Unwrap() error { return e.Err }

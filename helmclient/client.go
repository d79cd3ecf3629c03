package helmclient

import (
	"context"
	"time"
)

// A Client keeps releases in the state that is asked for. Implementations are safe for concurrent use.
//
// Every method returns only when nothing it started still runs, and starts no write after ctx has ended.
type Client interface {
	// Apply makes the release equal to the request: it installs, upgrades, recovers or does nothing.
	// On an error Result says how far it came; the error is an [*Error] wherever facts are known.
	Apply(ctx context.Context, r Request) (Result, error)

	// Render returns what Apply would apply. It writes nothing.
	Render(ctx context.Context, r Request) (Rendering, error)

	// Status returns the newest revision of a release, or an error matching [ErrNotFound].
	Status(ctx context.Context, namespace, name string) (Status, error)

	// List returns the newest revision of every release in a namespace ("" is all namespaces), sorted by
	// namespace and name. It reads metadata only.
	List(ctx context.Context, namespace string) ([]Status, error)

	// Delete removes a release: its objects in reverse order, then, once they are gone, its records.
	// A release that does not exist is no error: Result.Action is [Skipped].
	Delete(ctx context.Context, r DeleteRequest) (Result, error)
}

// Request is a release as it should be. It is not changed, and must not be changed during the call.
type Request struct {
	Name      string         // release name: a DNS label of at most 53 characters
	Namespace string         // release namespace; required
	Chart     *Chart         // required
	Values    map[string]any // laid over the chart's own values, as Helm does; JSON-like
	// Labels are added to metadata.labels of every object (not to pod templates). They are part of the
	// release's inputs.
	Labels map[string]string

	// History is the number of revisions kept, on success and on failure. 0: Options.History.
	History int
	// Timeout bounds the whole call. 0: Options.Timeout.
	Timeout time.Duration
	// CreateNamespace makes the release namespace when it does not exist.
	CreateNamespace bool
	// Cause says what led to this call; it becomes the description of the revision.
	Cause string

	// Adopt says what happens to objects that exist already and are not the release's own.
	// The zero value refuses them, as Helm does.
	Adopt Adoption
	// AdoptObjects names objects that may be taken over whoever owns them.
	AdoptObjects []Object
	// CRDs says how objects in the chart's crds/ are handled.
	CRDs CRDPolicy
	// RecreateKinds are kinds whose objects are deleted and made anew when the server refuses to change
	// them because a field is immutable, such as "Job". With them goes what they own: name a StatefulSet
	// or a PersistentVolumeClaim only if its data may go.
	RecreateKinds []string
	// DisableHooks leaves out the chart's hooks.
	DisableHooks bool
	// TakeOver takes over an interrupted revision whoever began it, as addon-operator does. It is safe only
	// if nothing else works on the release.
	TakeOver bool
	// Repair compares every object with the cluster even when the release's inputs are unchanged, and
	// puts right what differs without making a revision. Without it, an object whose manifest did not
	// change since the last good revision is not read.
	Repair bool
}

// DeleteRequest names a release to remove.
type DeleteRequest struct {
	Name, Namespace string
	// Timeout bounds the whole call, including the wait until the objects are gone. 0: Options.Timeout.
	Timeout time.Duration
	// DisableHooks leaves out the chart's pre-delete and post-delete hooks.
	DisableHooks bool
	// Orphan removes the records and leaves the objects, so that another release may adopt them.
	Orphan bool
	// TakeOver deletes a release with an interrupted revision whoever began it.
	TakeOver bool
	// Cause says what led to this call.
	Cause string
}

// Adoption is what to do with objects that exist before the release owns them.
type Adoption string

// The adoptions.
const (
	AdoptNone    Adoption = ""        // refuse every object that is not the release's own
	AdoptUnowned Adoption = "Unowned" // take objects that belong to no release and no controller
	AdoptAny     Adoption = "Any"     // take any object, another release's too, as addon-operator does
)

// CRDPolicy is what to do with the objects in a chart's crds/. Nothing in crds/ is ever deleted.
type CRDPolicy string

// The policies for crds/.
const (
	// CRDsSafe creates what is absent and updates what differs, unless that would harm stored objects: a
	// change of scope, a stored or served version that goes, a schema that objects may not meet. Such a
	// change is refused before the first write, with [ReasonUnsafeCRD].
	CRDsSafe    CRDPolicy = ""
	CRDsCreate  CRDPolicy = "Create"  // create what is absent, leave what exists, as Helm does
	CRDsReplace CRDPolicy = "Replace" // create what is absent, update what differs
	CRDsSkip    CRDPolicy = "Skip"    // leave crds/ alone
)

// Action says what a call did.
type Action string

// The actions.
const (
	Skipped   Action = "Skipped"   // nothing had to be done
	Installed Action = "Installed" // first revision, or the first after an uninstall
	Upgraded  Action = "Upgraded"
	Recovered Action = "Recovered" // upgraded, taking over a revision that was interrupted
	Repaired  Action = "Repaired"  // objects put right, no new revision
	Deleted   Action = "Deleted"
	Failed    Action = "Failed" // something was tried; the error says what failed
)

// Result is what a call did.
type Result struct {
	Action   Action
	Revision int    // newest revision after the call; 0: none
	Reason   string // why this action, in one sentence
	Digest   string // digest of the inputs of that revision
	Changes  []Change
}

// Change is one object that a call wrote.
type Change struct {
	Object Object
	Verb   Verb
}

// Verb is what was done to an object.
type Verb string

// The verbs.
const (
	Created  Verb = "created"
	Updated  Verb = "updated"
	Adopted  Verb = "adopted"
	Removed  Verb = "removed"
	Replaced Verb = "replaced" // deleted and created, see [Request.RecreateKinds]
)

// Object names an object in the cluster.
type Object struct {
	APIVersion, Kind, Namespace, Name string
}

// String is Kind/name or Kind/namespace/name.
func (o Object) String() string {
	if o.Namespace == "" {
		return o.Kind + "/" + o.Name
	}
	return o.Kind + "/" + o.Namespace + "/" + o.Name
}

// Status is the newest revision of a release as its record tells.
type Status struct {
	Name, Namespace string
	Revision        int
	State           string // Helm's status: deployed, failed, pending-install, uninstalling, …
	Instance        string // who wrote this very revision; "": another tool
	Ours            bool   // the mark verifies and Instance is this client's
	Digest          string // digest of the inputs; "" when Instance is ""
	Updated         time.Time
}

// Rendering is what a chart makes of values. It holds Secrets in clear: it prints as a digest.
type Rendering struct {
	Manifest string   // all objects but the hooks, as Helm writes them
	Hooks    []Hook   // in Helm's order
	Objects  []Object // of Manifest, in the order they are applied
	Notes    string
	Digest   string // of Manifest and Hooks
}

// Hook is a chart hook.
type Hook struct {
	Object   Object
	Events   []string
	Weight   int
	Delete   []string
	Manifest string
}

// String is the digest.
func (r Rendering) String() string { return r.Digest }

// GoString is the digest.
func (r Rendering) GoString() string { return r.Digest }

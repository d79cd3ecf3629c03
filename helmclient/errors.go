package helmclient

import (
	"errors"
	"fmt"
	"strings"
)

var (
	// ErrNotFound is matched when a release does not exist.
	ErrNotFound = errors.New("release not found")
	// ErrNoChart is matched by Load when a folder has neither Chart.yaml nor templates/.
	ErrNoChart = errors.New("no chart: neither Chart.yaml nor templates/")
)

// Phase is the part of an operation in which an error arose.
type Phase string

// The phases, in the order in which an operation passes them.
const (
	PhaseCheck  Phase = "check"  // the request itself
	PhaseRecord Phase = "record" // reading or writing release records
	PhaseRender Phase = "render"
	PhasePlan   Phase = "plan" // comparing with the cluster, before the first write
	PhaseCRDs   Phase = "crds"
	PhaseHook   Phase = "hook"
	PhaseApply  Phase = "apply"
	PhasePrune  Phase = "prune"
	PhaseDelete Phase = "delete"
)

// Reason classifies an error. It is stable and fit for conditions and metrics.
type Reason string

// The reasons.
const (
	ReasonInvalidRequest Reason = "InvalidRequest"
	ReasonInvalidValues  Reason = "InvalidValues" // the chart's schema refuses the values
	ReasonRenderFailed   Reason = "RenderFailed"
	ReasonInvalidObject  Reason = "InvalidObject" // an object the chart renders or the server refuses
	ReasonUnknownKind    Reason = "UnknownKind"
	ReasonForeign        Reason = "Foreign" // another owner's operation is in flight
	ReasonOwned          Reason = "Owned"   // an object belongs to somebody else
	ReasonForbidden      Reason = "Forbidden"
	ReasonUnavailable    Reason = "Unavailable" // the API server, or a part of it, does not answer
	ReasonConflict       Reason = "Conflict"
	ReasonImmutable      Reason = "Immutable" // a field that cannot be changed
	ReasonUnsafeCRD      Reason = "UnsafeCRD" // see [CRDsSafe]
	ReasonNotFound       Reason = "NotFound"
	ReasonHookFailed     Reason = "HookFailed"
	ReasonApplyFailed    Reason = "ApplyFailed"
	ReasonPruneFailed    Reason = "PruneFailed"
	ReasonBlocked        Reason = "Blocked" // an object is deleted but does not go away
	ReasonRecordFailed   Reason = "RecordFailed"
	ReasonTooLarge       Reason = "TooLarge"
	ReasonTimeout        Reason = "Timeout"
	ReasonCanceled       Reason = "Canceled"
)

// Error says what failed for which release. Use errors.As to get at it.
type Error struct {
	Namespace, Name string // the release
	Phase           Phase
	Reason          Reason
	Object          Object // zero when no single object is to blame
	Err             error
}

func (e *Error) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "release %s/%s: %s", e.Namespace, e.Name, e.Phase)
	if e.Object != (Object{}) {
		fmt.Fprintf(&b, ": %s", e.Object)
	}
	fmt.Fprintf(&b, ": %v", e.Err)
	return b.String()
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// ForeignError says that another owner's operation on the release is in flight, or was left so.
type ForeignError struct {
	Revision int
	State    string
	Owner    string // the owner's instance, or the field manager that wrote the record
}

func (e *ForeignError) Error() string {
	return fmt.Sprintf("revision %d is %s and belongs to %s; it is taken over only when that owner is known to be gone: "+
		"wait, finish it with helm rollback or helm uninstall, or let the request take it over", e.Revision, e.State, e.Owner)
}

// OwnershipError says that an object exists and belongs to somebody else.
type OwnershipError struct {
	Object Object
	Owner  string // "release ns/name", "controller Kind/name", or "nobody"
}

func (e *OwnershipError) Error() string {
	return fmt.Sprintf("%s exists and belongs to %s; let the request adopt it, or remove it", e.Object, e.Owner)
}

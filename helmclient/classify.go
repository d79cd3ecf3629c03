package helmclient

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/addonkit/addonkit/helmclient/internal/cluster"
	"github.com/addonkit/addonkit/helmclient/internal/manifest"
	"github.com/addonkit/addonkit/helmclient/internal/record"
	"github.com/addonkit/addonkit/helmclient/internal/render"
)

// failure carries where an operation failed until the release's name is added.
type failure struct {
	phase  Phase
	reason Reason // "": found from the cause
	object manifest.Ref
	err    error
}

func (f *failure) Error() string {
	if f.object.Kind == "" {
		return f.err.Error()
	}
	return objectOf(f.object).String() + ": " + f.err.Error()
}

func (f *failure) Unwrap() error { return f.err }

// fail wraps err unless it is wrapped already or nil.
func fail(phase Phase, reason Reason, object manifest.Ref, err error) error {
	if err == nil {
		return nil
	}
	if _, ok := errors.AsType[*failure](err); ok {
		return err
	}
	return &failure{phase, reason, object, err}
}

// releaseError makes the public error.
func releaseError(namespace, name string, err error) error {
	if err == nil {
		return nil
	}
	e := &Error{Namespace: namespace, Name: name, Phase: PhaseCheck, Err: err}
	if f, ok := errors.AsType[*failure](err); ok {
		e.Phase, e.Object, e.Reason = f.phase, objectOf(f.object), f.reason
		if !isJoined(err) {
			e.Err = f.err
		}
	}
	if e.Reason == "" {
		e.Reason = or(reasonOf(err), defaultReason(e.Phase))
	}
	if e.Object.Kind == "Secret" {
		e.Err = withoutContent(e.Err)
	}
	return e
}

func isJoined(err error) bool {
	_, many := err.(interface{ Unwrap() []error })
	return many
}

func reasonOf(err error) Reason {
	var foreign *ForeignError
	var owned *OwnershipError
	var schema *render.SchemaError
	var invalid *manifest.InvalidError
	var silent *cluster.SilentError
	var network net.Error
	switch {
	case errors.Is(err, context.Canceled):
		return ReasonCanceled
	case errors.Is(err, context.DeadlineExceeded):
		return ReasonTimeout
	case errors.Is(err, ErrNotFound):
		return ReasonNotFound
	case errors.As(err, &foreign):
		return ReasonForeign
	case errors.As(err, &owned):
		return ReasonOwned
	case errors.As(err, &schema):
		return ReasonInvalidValues
	case errors.As(err, &silent):
		return ReasonUnavailable
	case cluster.IsUnknown(err):
		return ReasonUnknownKind
	case errors.As(err, &invalid):
		return ReasonInvalidObject
	case errors.Is(err, record.ErrTooLarge), apierrors.IsRequestEntityTooLargeError(err):
		return ReasonTooLarge
	case apierrors.IsForbidden(err), apierrors.IsUnauthorized(err):
		return ReasonForbidden
	case isImmutable(err):
		return ReasonImmutable
	case apierrors.IsInvalid(err), apierrors.IsBadRequest(err):
		return ReasonInvalidObject
	case apierrors.IsConflict(err), apierrors.IsAlreadyExists(err):
		return ReasonConflict
	case apierrors.IsServerTimeout(err), apierrors.IsTimeout(err), apierrors.IsServiceUnavailable(err),
		apierrors.IsTooManyRequests(err), apierrors.IsInternalError(err), errors.As(err, &network):
		return ReasonUnavailable
	}
	return ""
}

func defaultReason(p Phase) Reason {
	switch p {
	case PhaseRecord:
		return ReasonRecordFailed
	case PhaseRender:
		return ReasonRenderFailed
	case PhaseHook:
		return ReasonHookFailed
	case PhasePrune:
		return ReasonPruneFailed
	case PhaseDelete:
		return ReasonBlocked
	case PhaseCheck:
		return ReasonInvalidRequest
	}
	return ReasonApplyFailed
}

func isImmutable(err error) bool {
	var status apierrors.APIStatus
	if !apierrors.IsInvalid(err) || !errors.As(err, &status) || status.Status().Details == nil {
		return false
	}
	return slices.ContainsFunc(status.Status().Details.Causes, func(c metav1.StatusCause) bool {
		return strings.Contains(c.Message, "immutable") || strings.Contains(c.Message, "updates to statefulset spec for fields other than")
	})
}

// withoutContent tells which fields of a Secret the server refused, not what they hold.
func withoutContent(err error) error {
	var status apierrors.APIStatus
	if !errors.As(err, &status) {
		return err
	}
	s := status.Status()
	var fields []string
	if s.Details != nil {
		for _, c := range s.Details.Causes {
			fields = append(fields, fmt.Sprintf("%s: %s", c.Field, c.Type))
		}
	}
	return fmt.Errorf("the server refused it: %s %s", s.Reason, strings.Join(fields, ", "))
}

func objectOf(r manifest.Ref) Object {
	if r.Kind == "" {
		return Object{}
	}
	return Object{APIVersion: r.GVK().GroupVersion().String(), Kind: r.Kind, Namespace: r.Namespace, Name: r.Name}
}

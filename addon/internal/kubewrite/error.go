package kubewrite

import (
	"errors"
	"slices"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Error is a change that failed.
type Error struct {
	Change string // operation, kind and name
	Err    error  // of the API where it comes from there; its own text may quote the object
}

// Error names the change and the reason, and nothing of the object's content.
func (e *Error) Error() string { return e.Change + ": " + describe(e.Err) }

// Unwrap gives the API's error.
func (e *Error) Unwrap() error { return e.Err }

// quiet tells whether messages of this reason speak of names and rights only.
func quiet(reason metav1.StatusReason) bool {
	return slices.Contains([]metav1.StatusReason{
		metav1.StatusReasonNotFound, metav1.StatusReasonAlreadyExists, metav1.StatusReasonConflict,
		metav1.StatusReasonForbidden, metav1.StatusReasonUnauthorized, metav1.StatusReasonMethodNotAllowed,
		metav1.StatusReasonTimeout, metav1.StatusReasonServerTimeout, metav1.StatusReasonTooManyRequests,
		metav1.StatusReasonServiceUnavailable,
	}, reason)
}

// describe says what the API refused. A message that may quote values is reduced to its reason and the fields.
func describe(err error) string {
	var status apierrors.APIStatus
	if !errors.As(err, &status) {
		return err.Error()
	}
	s := status.Status()
	if quiet(s.Reason) {
		return s.Message
	}
	text := "the API server refused it"
	if s.Reason != "" {
		text += ": " + string(s.Reason)
	}
	var fields []string
	if s.Details != nil {
		for _, c := range s.Details.Causes {
			if c.Field != "" {
				fields = append(fields, c.Field+" ("+string(c.Type)+")")
			}
		}
	}
	if len(fields) > 0 {
		text += ", field " + strings.Join(fields, ", ")
	}
	return text
}

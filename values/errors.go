package values

import (
	"errors"
	"fmt"
	"strings"
)

var (
	// ErrConflict is returned by Source.Save when the section is no longer what it
	// was at the given version. Take the new configuration and run the hook again.
	ErrConflict = errors.New("the section was changed by someone else")
	// ErrNoSection is returned for a section that nobody has set.
	ErrNoSection = errors.New("there is no such section of values")
	// ErrMissing is returned by Get for a pointer where there is nothing.
	ErrMissing = errors.New("there is no such value")
	// ErrCommitted is returned by a second Commit of one Prepared.
	ErrCommitted = errors.New("the change has been committed already")
)

// Violation is one way in which values do not fit a schema. It holds no value.
type Violation struct {
	Pointer string // where in the values, from their root: "/webShop/replicas"
	File    string // the schema's file
	Schema  string // where in that file: "/properties/replicas/minimum"
	Rule    string // the keyword: "minimum", "additionalProperties", "x-kubernetes-validations", …
	Message string // what is asked for: "must be at least 1"
}

// String tells the violation in one line.
func (v Violation) String() string {
	return fmt.Sprintf("%s %s (%s%s)", v.Pointer, v.Message, v.File, "#"+v.Schema)
}

// InvalidError says that values do not fit a schema.
type InvalidError struct {
	Section    string
	Role       string // what was checked: "config", "values", "helm"
	Violations []Violation
}

// Error lists the violations, at most ten of them.
func (e *InvalidError) Error() string {
	const most = 10
	lines := make([]string, 0, most)
	for _, v := range e.Violations[:min(most, len(e.Violations))] {
		lines = append(lines, v.String())
	}
	if more := len(e.Violations) - most; more > 0 {
		lines = append(lines, fmt.Sprintf("and %d more", more))
	}
	return fmt.Sprintf("section %s does not fit its %s schema: %s", e.Section, e.Role, strings.Join(lines, "; "))
}

// PatchError says which operation of a patch is refused.
type PatchError struct {
	Index   int    // of the operation, from 0
	Op      string // "add", …
	Pointer string
	Err     error
}

// Error names the operation, its pointer and the reason.
func (e *PatchError) Error() string {
	return fmt.Sprintf("operation %d, %s %q: %v", e.Index, e.Op, e.Pointer, e.Err)
}

// Unwrap returns the reason.
func (e *PatchError) Unwrap() error { return e.Err }

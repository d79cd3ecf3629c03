package kubewrite

import (
	"context"
	"errors"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/client-go/dynamic"

	"github.com/addonkit/addonkit/hooks"
)

// DeleteTimeout bounds how long Delete waits for one object to go.
const DeleteTimeout = 20 * time.Second

// Writer writes to one cluster.
type Writer struct {
	client  dynamic.Interface
	mapper  meta.RESTMapper
	manager string
}

// New makes a Writer. The manager is the name under which fields are owned; "" leaves it to the client.
func New(client dynamic.Interface, mapper meta.RESTMapper, manager string) *Writer {
	return &Writer{client: client, mapper: mapper, manager: manager}
}

// Outcome is what a change has done.
type Outcome string

// The outcomes.
const (
	Failed    Outcome = "Failed"
	Created   Outcome = "Created"
	Updated   Outcome = "Updated"   // a patch counts as such even where it changed nothing
	Unchanged Outcome = "Unchanged" // it was as wanted, nothing was written
	Deleted   Outcome = "Deleted"
	Absent    Outcome = "Absent" // there was nothing to delete or, as allowed, to patch
)

// Result tells what became of one change.
type Result struct {
	Change  string // operation, kind and name
	Outcome Outcome
	Err     error // an *Error when Failed, else nil
}

// Apply carries out the changes and joins their errors.
func (w *Writer) Apply(ctx context.Context, changes []hooks.Change) error {
	var errs []error
	for _, r := range w.Do(ctx, changes) {
		errs = append(errs, r.Err)
	}
	return errors.Join(errs...)
}

// Do carries out the changes and tells of each. Those not begun when ctx ends have failed with its cause.
func (w *Writer) Do(ctx context.Context, changes []hooks.Change) []Result {
	results := make([]Result, len(changes))
	for i, c := range changes {
		outcome, err := w.do(ctx, c)
		if err != nil {
			outcome, err = Failed, &Error{Change: c.String(), Err: err}
		}
		results[i] = Result{Change: c.String(), Outcome: outcome, Err: err}
	}
	return results
}

func (w *Writer) do(ctx context.Context, c hooks.Change) (Outcome, error) {
	if ctx.Err() != nil {
		return Failed, context.Cause(ctx)
	}
	if err := c.Validate(); err != nil {
		return Failed, err
	}
	t, err := w.target(c)
	if err != nil {
		return Failed, err
	}
	switch c.Operation {
	case hooks.Create, hooks.CreateIfNotExists, hooks.CreateOrUpdate:
		return t.create(ctx, c.Operation, c.Object)
	case hooks.Delete:
		return t.deleteAndWait(ctx)
	case hooks.DeleteInBackground:
		return t.delete(ctx, background)
	case hooks.DeleteNonCascading:
		return t.delete(ctx, orphan)
	case hooks.JQPatch:
		return orAbsent(c)(t.jq(ctx, c.JQFilter))
	case hooks.MergePatch:
		return orAbsent(c)(t.merge(ctx, c.MergePatch))
	case hooks.JSONPatch:
		return orAbsent(c)(t.json(ctx, c.JSONPatch))
	}
	return Failed, errors.New("unknown operation")
}

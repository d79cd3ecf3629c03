package helmclient

import (
	"context"

	"github.com/addonkit/addonkit/helmclient/internal/manifest"
)

// repair compares the objects of the newest revision with the cluster and writes those that differ.
func (op *operation) repair(ctx context.Context) error {
	base, err := op.baseline(ctx)
	if err != nil {
		return err
	}
	p := &plan{}
	for _, r := range base.revisions {
		for _, ref := range r.order {
			o := r.objects[ref.Key()]
			p.items = append(p.items, &target{Object: o, before: []map[string]any{o.Object}, defines: kindsOf(o.Unstructured)})
		}
	}
	if err := op.resolve(ctx, p); err != nil {
		return err
	}
	if err := op.readAll(ctx, p.items); err != nil {
		return err
	}
	if err := op.applyAll(ctx, p); err != nil {
		return err
	}
	if len(op.result.Changes) == 0 {
		op.result.Action, op.result.Reason = Skipped, "every object is as it should be"
	}
	return fail(PhaseApply, "", manifest.Ref{}, ctx.Err())
}

package helmclient

import (
	"context"
	"errors"
	"slices"

	"helm.sh/helm/v3/pkg/release"
	helmtime "helm.sh/helm/v3/pkg/time"
	"k8s.io/client-go/kubernetes/scheme"

	"github.com/addonkit/addonkit/helmclient/internal/decide"
	"github.com/addonkit/addonkit/helmclient/internal/manifest"
	"github.com/addonkit/addonkit/helmclient/internal/record"
)

// Delete implements [Client].
func (x *Executor) Delete(ctx context.Context, r DeleteRequest) (Result, error) {
	if r.Name == "" || r.Namespace == "" {
		return Result{Action: Failed}, releaseError(r.Namespace, r.Name, errors.New("DeleteRequest.Name or Namespace is missing"))
	}
	free, err := x.hold(ctx, r.Namespace, r.Name)
	if err != nil {
		return Result{Action: Failed}, releaseError(r.Namespace, r.Name, err)
	}
	defer free()
	ctx, cancel := context.WithTimeout(ctx, or(r.Timeout, x.timeout))
	defer cancel()
	d := &deletion{Executor: x, r: r}
	if err := d.run(ctx); err != nil {
		d.result.Action = Failed
		return d.result, releaseError(r.Namespace, r.Name, err)
	}
	return d.result, nil
}

// deletion is one Delete.
type deletion struct {
	*Executor
	r       DeleteRequest
	history []record.Meta
	base    *baseline
	result  Result
}

func (d *deletion) run(ctx context.Context) (err error) {
	if d.history, err = d.records.History(ctx, d.r.Namespace, d.r.Name); err != nil {
		return fail(PhaseRecord, "", manifest.Ref{}, err)
	}
	if len(d.history) == 0 {
		d.result = Result{Action: Skipped, Reason: "there is no such release"}
		return nil
	}
	last := d.history[len(d.history)-1]
	d.result = Result{Action: Deleted, Revision: last.Revision, Reason: d.r.Cause}
	owner, err := d.ownerOf(ctx, last, d.r.TakeOver)
	if err != nil {
		return err
	}
	if last.Pending() && owner == decide.Foreign {
		return fail(PhaseCheck, "", manifest.Ref{}, foreignError(last))
	}
	if !d.r.Orphan && last.State != "uninstalled" {
		if err := d.objects(ctx); err != nil {
			return err
		}
	}
	if err := d.purge(ctx); err != nil {
		return err
	}
	d.result.Revision = 0
	return nil
}

// objects removes everything but the records.
func (d *deletion) objects(ctx context.Context) (err error) {
	if d.base, err = readBaseline(ctx, d.store, d.history, d.place); err != nil {
		return err
	}
	if len(d.base.revisions) == 0 {
		return nil
	}
	newest := &d.base.revisions[len(d.base.revisions)-1]
	resumed := newest.meta.State == "uninstalling"
	if !resumed {
		if err := d.markUninstalling(ctx, newest); err != nil {
			return err
		}
	}
	hooks := &hookRun{d.Executor, newest.release, resumed, d.r.DisableHooks}
	// Hooks that ran before a deletion was interrupted may need what it has deleted since.
	if !slices.Contains(newest.meta.Mark.Done, release.HookPreDelete.String()) {
		ran, err := hooks.run(ctx, release.HookPreDelete)
		if err != nil {
			return err
		}
		if ran {
			newest.meta.Mark.Done = []string{release.HookPreDelete.String()}
			if err := d.write(ctx, newest); err != nil {
				return err
			}
		}
	}
	if err := d.removeAll(ctx); err != nil {
		return err
	}
	_, err = hooks.run(ctx, release.HookPostDelete)
	return err
}

// markUninstalling says in the record what is going on, so that it can be resumed.
func (d *deletion) markUninstalling(ctx context.Context, newest *revision) error {
	rel := newest.release
	rel.SetStatus(release.StatusUninstalling, "Deletion in progress (or silently failed)")
	rel.Info.Deleted = helmtime.Now()
	if !newest.meta.Verified {
		newest.meta.Mark = record.Mark{}
	}
	newest.meta.Mark.Instance, newest.meta.Mark.Epoch = d.instance, d.epoch
	return d.write(ctx, newest)
}

func (d *deletion) write(ctx context.Context, r *revision) (err error) {
	r.meta, err = d.update(ctx, r.release, r.meta.Mark, r.meta)
	return err
}

// removeAll deletes in reverse install order. Custom resources are gone before anything else is deleted,
// because what acts on their finalizers is most often in the same release.
func (d *deletion) removeAll(ctx context.Context) error {
	refs := d.base.inventory()
	slices.SortStableFunc(refs, func(a, b manifest.Ref) int { return manifest.Order(b.Kind) - manifest.Order(a.Kind) })
	var pending []*removed
	var errs []error
	for i, ref := range refs {
		if i > 0 && custom(refs[i-1]) && !custom(ref) {
			if err := d.allGone(ctx, pending); err != nil {
				return fail(PhaseDelete, "", ref, err)
			}
			pending = nil
		}
		if err := ctx.Err(); err != nil {
			return fail(PhaseDelete, "", ref, err)
		}
		gone, err := d.remove(ctx, d.r.Namespace, d.r.Name, ref)
		if err != nil {
			errs = append(errs, fail(PhaseDelete, "", ref, err))
		}
		if gone != nil {
			pending = append(pending, gone)
			d.result.Changes = append(d.result.Changes, Change{objectOf(ref), Removed})
		}
	}
	errs = append(errs, d.allGone(ctx, pending))
	return joined(errs)
}

func custom(ref manifest.Ref) bool {
	return !scheme.Scheme.Recognizes(ref.GVK()) && manifest.Order(ref.Kind) == manifest.Order("")
}

// purge deletes the records, the newest last, so that a killed deletion is resumed.
func (d *deletion) purge(ctx context.Context) error {
	for _, m := range d.history {
		if err := d.store.Delete(ctx, m); err != nil {
			return fail(PhaseRecord, "", manifest.Ref{}, err)
		}
		d.records.Removed(m)
	}
	return nil
}

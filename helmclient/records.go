package helmclient

import (
	"context"
	"fmt"
	"time"

	"helm.sh/helm/v3/pkg/release"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/addonkit/addonkit/helmclient/internal/manifest"
	"github.com/addonkit/addonkit/helmclient/internal/record"
)

// begin writes the pending record. It is the lock: who comes second is refused.
func (op *operation) begin(ctx context.Context, rel *release.Release) (record.Meta, error) {
	meta, err := op.store.Create(ctx, rel, op.mark)
	if apierrors.IsNotFound(err) && op.r.CreateNamespace && ctx.Err() == nil {
		ns := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: rel.Namespace, Labels: map[string]string{"name": rel.Namespace}}}
		_, err = op.kube.CoreV1().Namespaces().Create(ctx, ns, metav1.CreateOptions{FieldManager: op.manager})
		if err == nil || apierrors.IsAlreadyExists(err) {
			meta, err = op.store.Create(ctx, rel, op.mark)
		}
	}
	if err != nil {
		op.records.Forget(rel.Namespace)
		return meta, fail(PhaseRecord, "", manifest.Ref{}, err)
	}
	op.records.Wrote(meta)
	return meta, nil
}

// update writes a record again under a mark.
func (x *Executor) update(ctx context.Context, rel *release.Release, mark record.Mark, was record.Meta) (record.Meta, error) {
	meta, err := x.store.Update(ctx, rel, mark, was)
	if err != nil {
		x.records.Forget(rel.Namespace)
		return was, fail(PhaseRecord, "", manifest.Ref{}, err)
	}
	x.records.Wrote(meta)
	return meta, nil
}

const closing = 10 * time.Second // for writing down how an operation ended after its deadline

// finish writes how the operation ended. Interrupted ones stay pending, and are taken over next time.
func (op *operation) finish(rel *release.Release, meta record.Meta, base *baseline, cause error) error {
	if op.outer.Err() != nil {
		return or2(cause, op.outer.Err())
	}
	ctx, cancel := context.WithTimeout(op.outer, closing)
	defer cancel()
	if cause != nil {
		rel.SetStatus(release.StatusFailed, fmt.Sprintf("Release %q failed: %s", rel.Name, cause))
	} else {
		rel.SetStatus(release.StatusDeployed, or(op.r.Cause, map[Action]string{Installed: "Install complete"}[op.result.Action]))
		if rel.Info.Description == "" {
			rel.Info.Description = "Upgrade complete"
		}
		op.mark.Leftovers = nil
	}
	if err := op.settle(ctx, base, cause == nil); err != nil {
		return or2(cause, err)
	}
	if _, err := op.update(ctx, rel, op.mark, meta); err != nil {
		return or2(cause, err)
	}
	return or2(cause, op.trim(ctx, base, cause == nil))
}

func or2(a, b error) error {
	if a != nil {
		return a
	}
	return b
}

// settle gives earlier revisions their final state: interrupted ones have failed, deployed ones are
// superseded once the new one is good.
func (op *operation) settle(ctx context.Context, base *baseline, good bool) error {
	for _, r := range base.revisions {
		mark := r.meta.Mark
		if !r.meta.Verified {
			mark = record.Mark{Instance: op.instance, Epoch: op.epoch}
		}
		switch {
		case r.meta.Pending():
			r.release.SetStatus(release.StatusFailed, fmt.Sprintf("Interrupted while %s", r.meta.State))
		case good && r.meta.State == "deployed":
			r.release.Info.Status = release.StatusSuperseded
		default:
			continue
		}
		if _, err := op.update(ctx, r.release, mark, r.meta); err != nil {
			return err
		}
	}
	return nil
}

// trim deletes the oldest revisions beyond the history; after a failure it keeps the last good one.
func (op *operation) trim(ctx context.Context, base *baseline, good bool) error {
	excess := len(op.history) + 1 - or(op.r.History, op.Executor.history)
	for _, m := range op.history {
		if excess <= 0 {
			break
		}
		if !good && base.good != nil && m.Revision == base.good.meta.Revision {
			continue
		}
		if err := op.store.Delete(ctx, m); err != nil {
			return fail(PhaseRecord, "", manifest.Ref{}, fmt.Errorf("trim history: %w", err))
		}
		op.records.Removed(m)
		excess--
	}
	return nil
}

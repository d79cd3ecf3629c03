package helmclient

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/dynamic"

	"github.com/addonkit/addonkit/helmclient/internal/cluster"
	"github.com/addonkit/addonkit/helmclient/internal/manifest"
)

// pruneAll deletes objects that the chart no longer has, last installed first. All are tried.
func (op *operation) pruneAll(ctx context.Context, refs []manifest.Ref) error {
	var errs []error
	for _, ref := range slices.Backward(refs) {
		if err := ctx.Err(); err != nil {
			return fail(PhasePrune, "", ref, err)
		}
		removed, err := op.remove(ctx, op.r.Namespace, op.r.Name, ref)
		if removed != nil {
			op.note(Change{objectOf(ref), Removed})
		}
		if err != nil {
			errs = append(errs, fail(PhasePrune, "", ref, err))
		}
	}
	return errors.Join(errs...)
}

// removed is an object whose deletion was asked for.
type removed struct {
	ref manifest.Ref
	uid types.UID
	in  dynamic.ResourceInterface
}

// remove deletes an object unless it is absent, kept by policy, or no longer the release's. A kind that
// is no longer served has no objects.
func (x *Executor) remove(ctx context.Context, namespace, name string, ref manifest.Ref) (*removed, error) {
	m, err := x.cluster.Mapping(ctx, ref.GVK())
	if cluster.IsUnknown(err) {
		x.log.Info("kind is no longer served, so nothing is deleted", "object", objectOf(ref).String())
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var in dynamic.ResourceInterface = x.dynamic.Resource(m.Resource)
	if m.Scope.Name() == meta.RESTScopeNameNamespace {
		in = x.dynamic.Resource(m.Resource).Namespace(or(ref.Namespace, namespace))
	}
	live, err := in.Get(ctx, ref.Name, metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if n, ns := releaseOf(live); n != "" && (n != name || ns != namespace) {
		return nil, nil // moved to another release
	}
	if live.GetAnnotations()[resourcePolicy] == resourcePolicyKeep {
		return nil, nil
	}
	uid := live.GetUID()
	if err := x.deleteObject(ctx, in, ref.Name, uid); err != nil && !apierrors.IsNotFound(err) {
		return nil, err
	}
	return &removed{ref, uid, in}, nil
}

// untilGone waits until the object with that UID does not exist. When ctx ends first the error says what
// holds it.
func (x *Executor) untilGone(ctx context.Context, ref manifest.Ref, uid types.UID, in dynamic.ResourceInterface) error {
	var last *unstructured.Unstructured
	err := cluster.Until(ctx, in, ref.Name, func(o *unstructured.Unstructured) (bool, error) {
		last = o
		return o == nil || o.GetUID() != uid, nil
	})
	if err != nil && ctx.Err() != nil && last != nil {
		held := "it is not gone yet"
		if f := last.GetFinalizers(); len(f) > 0 {
			held = "its finalizers are " + strings.Join(f, ", ")
		}
		return fail(PhaseDelete, ReasonBlocked, ref, fmt.Errorf("was deleted but %s: %w", held, err))
	}
	return err
}

// allGone waits for all of them at the same time.
func (x *Executor) allGone(ctx context.Context, all []*removed) error {
	errs := make([]error, len(all))
	slots := make(chan struct{}, x.parallel)
	var wg sync.WaitGroup
	for i, r := range all {
		wg.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			errs[i] = x.untilGone(ctx, r.ref, r.uid, r.in)
		})
	}
	wg.Wait()
	return errors.Join(errs...)
}

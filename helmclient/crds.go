package helmclient

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/addonkit/addonkit/helmclient/internal/cluster"
	"github.com/addonkit/addonkit/helmclient/internal/crd"
	"github.com/addonkit/addonkit/helmclient/internal/merge"
)

// readCRDs looks at what is there and refuses changes that are not safe, unless they are asked for.
func (op *operation) readCRDs(ctx context.Context, crds []*target) error {
	return op.each(ctx, crds, func(t *target) error {
		if err := op.readCRD(ctx, t); err != nil {
			return fail(PhaseCRDs, "", t.ref, err)
		}
		if t.live == nil || op.r.CRDs != CRDsSafe || len(t.defines) == 0 {
			return nil
		}
		if harm := crd.Unsafe(t.live, t.Unstructured); len(harm) > 0 {
			return fail(PhaseCRDs, ReasonUnsafeCRD, t.ref, fmt.Errorf("a change of the definition is not safe: %s", strings.Join(harm, "; ")))
		}
		return nil
	})
}

func (op *operation) readCRD(ctx context.Context, t *target) (err error) {
	t.live, err = t.in.Get(ctx, t.ref.Name, metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		t.live, err = nil, nil
	}
	return err
}

// createCRDs brings the objects of crds/ into the cluster and waits until their kinds are served.
func (op *operation) createCRDs(ctx context.Context, p *plan) error {
	err := op.each(ctx, p.crds, func(t *target) error {
		return fail(PhaseCRDs, "", t.ref, op.writeCRD(ctx, t))
	})
	if err != nil {
		return err
	}
	return op.established(ctx, p.crds)
}

func (op *operation) writeCRD(ctx context.Context, t *target) (err error) {
	for range attempts {
		if t.live == nil {
			_, err = op.createObject(ctx, t.in, t.Unstructured)
			err = op.changed(t, Created, err)
		} else if op.r.CRDs != CRDsCreate {
			var patch merge.Patch
			if patch, err = merge.ThreeWay(nil, keepConversion(t.Unstructured, t.live), t.live); err != nil || patch.Empty() {
				return err
			}
			err = op.changed(t, Updated, op.patch(ctx, t, patch))
		}
		if !apierrors.IsConflict(err) && !apierrors.IsAlreadyExists(err) && !apierrors.IsNotFound(err) {
			return err
		}
		if err := op.readCRD(ctx, t); err != nil {
			return err
		}
	}
	return err
}

// keepConversion leaves a conversion webhook as it is in the cluster, where whoever serves it has put its
// address and certificate.
func keepConversion(want, live *unstructured.Unstructured) *unstructured.Unstructured {
	if strategy, _, _ := unstructured.NestedString(live.Object, "spec", "conversion", "strategy"); strategy != "Webhook" {
		return want
	}
	want = want.DeepCopy()
	unstructured.RemoveNestedField(want.Object, "spec", "conversion")
	return want
}

// established waits for the definitions among items that were written now.
func (op *operation) established(ctx context.Context, items []*target) error {
	written := slices.DeleteFunc(slices.Clone(items), func(t *target) bool { return len(t.defines) == 0 || !t.wrote })
	if len(written) == 0 {
		return nil
	}
	err := op.each(ctx, written, func(t *target) error {
		return fail(PhaseCRDs, "", t.ref, cluster.Until(ctx, t.in, t.ref.Name, isEstablished))
	})
	op.cluster.Refresh(ctx)
	return err
}

func isEstablished(crd *unstructured.Unstructured) (bool, error) {
	if crd == nil {
		return false, errors.New("was deleted while it was waited for")
	}
	if condition(crd, "NamesAccepted") == "False" {
		return false, errors.New("its names are taken by another definition")
	}
	return condition(crd, "Established") == "True", nil
}

// condition returns the status of a condition, or "".
func condition(o *unstructured.Unstructured, kind string) string {
	all, _, _ := unstructured.NestedSlice(o.Object, "status", "conditions")
	for _, c := range all {
		if m, ok := c.(map[string]any); ok && m["type"] == kind {
			s, _ := m["status"].(string)
			return s
		}
	}
	return ""
}

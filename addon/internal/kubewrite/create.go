package kubewrite

import (
	"context"
	"reflect"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/json"

	"github.com/addonkit/addonkit/hooks"
)

// create brings a whole object. Where one is there, Create fails unless it already holds all that is given: then it
// was us, before we were interrupted.
func (t *target) create(ctx context.Context, op hooks.Operation, given map[string]any) (Outcome, error) {
	wanted, err := t.prepare(given)
	if err != nil {
		return Failed, err
	}
	if op == hooks.CreateOrUpdate {
		return t.createOrUpdate(ctx, wanted)
	}
	_, err = t.client.Create(ctx, wanted, metav1.CreateOptions{FieldManager: t.manager})
	switch {
	case err == nil:
		return Created, nil
	case !apierrors.IsAlreadyExists(err):
		return Failed, err
	case op == hooks.CreateIfNotExists:
		return Unchanged, nil
	}
	if existing, getErr := t.get(ctx); getErr == nil && holds(existing, wanted) {
		return Unchanged, nil
	}
	return Failed, err
}

// createOrUpdate sets the given fields by a merge patch, which others' fields and writes do not get in the way of.
func (t *target) createOrUpdate(ctx context.Context, wanted *unstructured.Unstructured) (Outcome, error) {
	return retry(ctx, func() (Outcome, error) {
		existing, err := t.get(ctx)
		if apierrors.IsNotFound(err) {
			_, err = t.client.Create(ctx, wanted, metav1.CreateOptions{FieldManager: t.manager})
			return Created, err
		}
		if err != nil {
			return Failed, err
		}
		if holds(existing, wanted) {
			return Unchanged, nil
		}
		return Updated, t.patch(ctx, types.MergePatchType, wanted.Object)
	})
}

// prepare copies the given object, without what only the server may say and with the numbers that clients expect.
func (t *target) prepare(given map[string]any) (*unstructured.Unstructured, error) {
	wanted := &unstructured.Unstructured{}
	if err := copyJSON(given, &wanted.Object); err != nil {
		return nil, err
	}
	wanted.SetGroupVersionKind(t.kind)
	for _, field := range []string{"uid", "resourceVersion", "generation", "creationTimestamp", "managedFields", "selfLink"} {
		unstructured.RemoveNestedField(wanted.Object, "metadata", field)
	}
	if t.namespace == "" {
		unstructured.RemoveNestedField(wanted.Object, "metadata", "namespace")
	}
	return wanted, nil
}

// holds tells whether merging wanted into existing would change nothing.
func holds(existing, wanted *unstructured.Unstructured) bool {
	return covers(existing.Object, wanted.Object)
}

// covers follows the rules of a merge patch: a null asks for absence, a list must be equal as a whole.
func covers(have, want any) bool {
	wantMap, isMap := want.(map[string]any)
	if !isMap {
		return reflect.DeepEqual(have, want)
	}
	haveMap, isMap := have.(map[string]any)
	if !isMap {
		return false
	}
	for key, w := range wantMap {
		h, there := haveMap[key]
		if w == nil && there || w != nil && (!there || !covers(h, w)) {
			return false
		}
	}
	return true
}

// copyJSON copies a tree with integers as int64.
func copyJSON(from, to any) error {
	data, err := json.Marshal(from)
	if err != nil {
		return err
	}
	return json.Unmarshal(data, to)
}

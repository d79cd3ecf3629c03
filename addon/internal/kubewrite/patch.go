package kubewrite

import (
	"context"
	"errors"
	"reflect"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/json"

	"github.com/addonkit/addonkit/hooks"
	"github.com/addonkit/addonkit/kubeevents/jq"
)

// jq reads the object, has the program change it, and writes it back if it differs.
func (t *target) jq(ctx context.Context, program string) (Outcome, error) {
	filter, err := jq.Compile(program)
	if err != nil {
		return Failed, err
	}
	return retry(ctx, func() (Outcome, error) {
		before, err := t.get(ctx)
		if err != nil {
			return Failed, err
		}
		result, err := filter.Apply(before)
		if err != nil {
			return Failed, err
		}
		if _, isMap := result.(map[string]any); !isMap {
			return Failed, errors.New("the jq program must have one output, the whole object; use an update like .a = b")
		}
		after := &unstructured.Unstructured{}
		if err := copyJSON(result, &after.Object); err != nil {
			return Failed, err
		}
		if identity(after) != identity(before) {
			return Failed, errors.New("the jq program changes apiVersion, kind, namespace or name")
		}
		if reflect.DeepEqual(after.Object, before.Object) {
			return Unchanged, nil
		}
		after.SetResourceVersion(before.GetResourceVersion())
		_, err = t.client.Update(ctx, after, metav1.UpdateOptions{FieldManager: t.manager}, t.subresources...)
		return Updated, err
	})
}

func (t *target) merge(ctx context.Context, patch map[string]any) (Outcome, error) {
	return retry(ctx, func() (Outcome, error) {
		return Updated, t.patch(ctx, types.MergePatchType, patch)
	})
}

// json has the server apply the patch. When it is refused because it was applied before, it is done.
func (t *target) json(ctx context.Context, patch []hooks.PatchOp) (Outcome, error) {
	return retry(ctx, func() (Outcome, error) {
		err := t.patch(ctx, types.JSONPatchType, patch)
		if err == nil || apierrors.IsNotFound(err) || apierrors.IsConflict(err) {
			return Updated, err
		}
		if now, getErr := t.get(ctx); getErr == nil && inEffect(now.Object, patch) {
			return Unchanged, nil
		}
		return Failed, err
	})
}

func (t *target) patch(ctx context.Context, kind types.PatchType, body any) error {
	data, err := json.Marshal(body)
	if err != nil {
		return err
	}
	_, err = t.client.Patch(ctx, t.name, kind, data, metav1.PatchOptions{FieldManager: t.manager}, t.subresources...)
	return err
}

func (t *target) get(ctx context.Context) (*unstructured.Unstructured, error) {
	return t.client.Get(ctx, t.name, metav1.GetOptions{})
}

// orAbsent lets a missing object count as done where the change allows that.
func orAbsent(c hooks.Change) func(Outcome, error) (Outcome, error) {
	return func(outcome Outcome, err error) (Outcome, error) {
		if c.IgnoreMissingObject && apierrors.IsNotFound(err) {
			return Absent, nil
		}
		return outcome, err
	}
}

// attempts is how often a change is tried while others write the same object.
const attempts = 10

// retry does it again after a conflict, or when the object appeared or vanished in between.
func retry(ctx context.Context, do func() (Outcome, error)) (outcome Outcome, err error) {
	for range attempts {
		outcome, err = do()
		if !apierrors.IsConflict(err) && !apierrors.IsAlreadyExists(err) {
			return outcome, err
		}
		if ctx.Err() != nil {
			return Failed, context.Cause(ctx)
		}
	}
	return outcome, err
}

func identity(o *unstructured.Unstructured) [4]string {
	return [4]string{o.GetAPIVersion(), o.GetKind(), o.GetNamespace(), o.GetName()}
}

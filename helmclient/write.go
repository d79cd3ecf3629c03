package helmclient

import (
	"context"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/dynamic"
)

// Every write to an object goes through one of these, and none is sent after ctx has ended, whatever
// client was given.

func (x *Executor) createObject(ctx context.Context, in dynamic.ResourceInterface, o *unstructured.Unstructured) (*unstructured.Unstructured, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return in.Create(ctx, o, metav1.CreateOptions{FieldManager: x.manager, FieldValidation: x.validation})
}

func (x *Executor) patchObject(ctx context.Context, in dynamic.ResourceInterface, name string, patch []byte) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	_, err := in.Patch(ctx, name, types.MergePatchType, patch, metav1.PatchOptions{FieldManager: x.manager, FieldValidation: x.validation})
	return err
}

// deleteObject deletes the object of that UID; of any, if it is "".
func (x *Executor) deleteObject(ctx context.Context, in dynamic.ResourceInterface, name string, uid types.UID) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	background := metav1.DeletePropagationBackground
	o := metav1.DeleteOptions{PropagationPolicy: &background}
	if uid != "" {
		o.Preconditions = &metav1.Preconditions{UID: &uid}
	}
	return in.Delete(ctx, name, o)
}

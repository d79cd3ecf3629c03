package kubeeventstest

import (
	"context"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
)

// unserved answers the requests that are not for watchers.
type unserved struct{ resource schema.GroupVersionResource }

func (u unserved) refuse(verb string) error {
	return apierrors.NewMethodNotSupported(u.resource.GroupResource(), verb)
}

func (u unserved) Create(context.Context, *unstructured.Unstructured, metav1.CreateOptions, ...string) (*unstructured.Unstructured, error) {
	return nil, u.refuse("create")
}

func (u unserved) Update(context.Context, *unstructured.Unstructured, metav1.UpdateOptions, ...string) (*unstructured.Unstructured, error) {
	return nil, u.refuse("update")
}

func (u unserved) UpdateStatus(context.Context, *unstructured.Unstructured, metav1.UpdateOptions) (*unstructured.Unstructured, error) {
	return nil, u.refuse("update")
}

func (u unserved) Delete(context.Context, string, metav1.DeleteOptions, ...string) error {
	return u.refuse("delete")
}

func (u unserved) DeleteCollection(context.Context, metav1.DeleteOptions, metav1.ListOptions) error {
	return u.refuse("deletecollection")
}

func (u unserved) Get(context.Context, string, metav1.GetOptions, ...string) (*unstructured.Unstructured, error) {
	return nil, u.refuse("get")
}

func (u unserved) Patch(context.Context, string, types.PatchType, []byte, metav1.PatchOptions, ...string) (*unstructured.Unstructured, error) {
	return nil, u.refuse("patch")
}

func (u unserved) Apply(context.Context, string, *unstructured.Unstructured, metav1.ApplyOptions, ...string) (*unstructured.Unstructured, error) {
	return nil, u.refuse("apply")
}

func (u unserved) ApplyStatus(context.Context, string, *unstructured.Unstructured, metav1.ApplyOptions) (*unstructured.Unstructured, error) {
	return nil, u.refuse("apply")
}

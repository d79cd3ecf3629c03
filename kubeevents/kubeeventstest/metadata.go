package kubeeventstest

import (
	"context"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/metadata"
)

type metadataClient struct{ cluster *Cluster }

func (m metadataClient) Resource(gvr schema.GroupVersionResource) metadata.Getter {
	return partialClient{resourceClient{unserved{gvr}, m.cluster, gvr, "", true}}
}

// partialClient serves the metadata of what its resource client serves.
type partialClient struct{ whole resourceClient }

func (p partialClient) Namespace(namespace string) metadata.ResourceInterface {
	p.whole.namespace = namespace
	return p
}

func (p partialClient) List(ctx context.Context, options metav1.ListOptions) (*metav1.PartialObjectMetadataList, error) {
	list, err := p.whole.List(ctx, options)
	if err != nil {
		return nil, err
	}
	partial := &metav1.PartialObjectMetadataList{ListMeta: metav1.ListMeta{ResourceVersion: list.GetResourceVersion(), Continue: list.GetContinue()}}
	for i := range list.Items {
		partial.Items = append(partial.Items, *partialOf(&list.Items[i]))
	}
	return partial, nil
}

func (p partialClient) Watch(ctx context.Context, options metav1.ListOptions) (watch.Interface, error) {
	return p.whole.Watch(ctx, options)
}

func (p partialClient) Get(context.Context, string, metav1.GetOptions, ...string) (*metav1.PartialObjectMetadata, error) {
	return nil, p.whole.refuse("get")
}

func (p partialClient) Delete(context.Context, string, metav1.DeleteOptions, ...string) error {
	return p.whole.refuse("delete")
}

func (p partialClient) DeleteCollection(context.Context, metav1.DeleteOptions, metav1.ListOptions) error {
	return p.whole.refuse("deletecollection")
}

func (p partialClient) Patch(context.Context, string, types.PatchType, []byte, metav1.PatchOptions, ...string) (*metav1.PartialObjectMetadata, error) {
	return nil, p.whole.refuse("patch")
}

// as is the form in which a client sends an object.
func (r resourceClient) as(object *unstructured.Unstructured) runtime.Object {
	if r.partial {
		return partialOf(object)
	}
	return object
}

func partialOf(object *unstructured.Unstructured) *metav1.PartialObjectMetadata {
	partial := &metav1.PartialObjectMetadata{}
	content := map[string]any{"apiVersion": object.GetAPIVersion(), "kind": object.GetKind(), "metadata": object.Object["metadata"]}
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(content, partial); err != nil {
		panic("kubeeventstest: " + err.Error())
	}
	return partial
}

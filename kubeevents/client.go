package kubeevents

import (
	"context"
	"net/http"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/features"
	"k8s.io/client-go/metadata"
	"k8s.io/client-go/util/watchlist"
)

// client is the resource of one stream.
type client struct {
	lister
	fields string
	// fake is a client that keeps no history: what happens between a list and the watch behind it is lost, and lists
	// cannot be streamed.
	fake bool
}

// lister is what clients of whole objects and of metadata have in common.
type lister interface {
	list(ctx context.Context, options metav1.ListOptions) ([]item, metav1.ListInterface, error)
	Watch(ctx context.Context, options metav1.ListOptions) (watch.Interface, error)
}

func newClient(all Clients, key streamKey) client {
	if key.metadata {
		return client{metadataLister{scoped(all.Metadata.Resource(key.gvr), key)}, key.fields, watchlist.DoesClientNotSupportWatchListSemantics(all.Metadata)}
	}
	var whole dynamic.ResourceInterface = all.Dynamic.Resource(key.gvr)
	if key.namespace != "" {
		whole = all.Dynamic.Resource(key.gvr).Namespace(key.namespace)
	}
	return client{wholeLister{whole}, key.fields, watchlist.DoesClientNotSupportWatchListSemantics(all.Dynamic)}
}

func scoped(resource metadata.Getter, key streamKey) metadata.ResourceInterface {
	if key.namespace == "" {
		return resource
	}
	return resource.Namespace(key.namespace)
}

func (c client) streamsLists() bool {
	return !c.fake && features.FeatureGates().Enabled(features.WatchListClient)
}

// page returns one page of the latest state. Version 0, which might be an older state than one already seen, is
// never asked for.
func (c client) page(ctx context.Context, next string) (objects []item, version, more string, err error) {
	objects, list, err := c.list(ctx, metav1.ListOptions{FieldSelector: c.fields, Limit: pageSize, Continue: next})
	if err != nil {
		return nil, "", "", err
	}
	return objects, list.GetResourceVersion(), list.GetContinue(), nil
}

func (c client) watch(ctx context.Context, version string, timeoutSeconds int64) (watch.Interface, error) {
	return c.Watch(ctx, metav1.ListOptions{
		FieldSelector: c.fields, ResourceVersion: version, AllowWatchBookmarks: true, TimeoutSeconds: &timeoutSeconds,
	})
}

// watchList asks for the whole state as first events of a watch.
func (c client) watchList(ctx context.Context, timeoutSeconds int64) (watch.Interface, error) {
	yes := true
	return c.Watch(ctx, metav1.ListOptions{
		FieldSelector: c.fields, AllowWatchBookmarks: true, TimeoutSeconds: &timeoutSeconds,
		SendInitialEvents: &yes, ResourceVersionMatch: metav1.ResourceVersionMatchNotOlderThan,
	})
}

// pageSize bounds what is decoded at once where lists cannot be streamed.
const pageSize = 250

type wholeLister struct{ dynamic.ResourceInterface }

func (l wholeLister) list(ctx context.Context, options metav1.ListOptions) ([]item, metav1.ListInterface, error) {
	list, err := l.List(ctx, options)
	if err != nil {
		return nil, nil, err
	}
	items := make([]item, len(list.Items))
	for i := range list.Items {
		items[i] = item{Object: &list.Items[i], whole: &list.Items[i]}
	}
	return items, list, nil
}

type metadataLister struct{ metadata.ResourceInterface }

func (l metadataLister) list(ctx context.Context, options metav1.ListOptions) ([]item, metav1.ListInterface, error) {
	list, err := l.List(ctx, options)
	if err != nil {
		return nil, nil, err
	}
	items := make([]item, len(list.Items))
	for i := range list.Items {
		items[i] = item{Object: &list.Items[i]}
	}
	return items, list, nil
}

// item is an object on its way through a stream.
type item struct {
	metav1.Object
	whole *unstructured.Unstructured // nil where only metadata is known
}

func itemOf(object runtime.Object) (item, bool) {
	switch object := object.(type) {
	case *unstructured.Unstructured:
		return item{Object: object, whole: object}, true
	case *metav1.PartialObjectMetadata:
		return item{Object: object}, true
	case nil:
		return item{}, false
	}
	content, err := runtime.DefaultUnstructuredConverter.ToUnstructured(object)
	if err != nil {
		return item{}, false
	}
	whole := &unstructured.Unstructured{Object: content}
	return item{Object: whole, whole: whole}, true
}

// content is the tree of the object, or of its metadata.
func (i item) content() (map[string]any, error) {
	if i.whole != nil {
		return i.whole.Object, nil
	}
	return runtime.DefaultUnstructuredConverter.ToUnstructured(i.Object)
}

func expired(err error) bool {
	return apierrors.IsResourceExpired(err) || apierrors.IsGone(err) || apierrors.HasStatusCause(err, metav1.CauseTypeResourceVersionTooLarge)
}

// notUnderstood answers come from servers that cannot stream lists.
func notUnderstood(err error) bool {
	status, ok := err.(apierrors.APIStatus)
	if !ok {
		return false
	}
	switch status.Status().Code {
	case http.StatusBadRequest, http.StatusMethodNotAllowed, http.StatusNotAcceptable, http.StatusUnsupportedMediaType, http.StatusUnprocessableEntity:
		return true
	}
	return false
}

// explain gives a server's answer a type and the place it concerns.
func (s *stream) explain(verb string, err error) error {
	switch {
	case expired(err):
		return err
	case apierrors.IsForbidden(err) || apierrors.IsUnauthorized(err):
		return &ForbiddenError{Verb: verb, Resource: s.key.gvr, Namespace: s.key.namespace, Err: err}
	case apierrors.IsServiceUnavailable(err) && s.key.gvr.Group != "":
		return &GroupError{GroupVersion: s.key.gvr.GroupVersion().String(), Err: err}
	}
	return &WatchError{Verb: verb, Resource: s.key.gvr, Namespace: s.key.namespace, Err: err}
}

package kubeevents

import (
	"context"
	"net/http"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/features"
	"k8s.io/client-go/util/watchlist"
)

// client is the resource of one stream.
type client struct {
	dynamic.ResourceInterface
	fields string
	// fake is a client that keeps no history: what happens between a list and the watch behind it is lost, and lists
	// cannot be streamed.
	fake bool
}

func newClient(all dynamic.Interface, key streamKey) client {
	c := client{
		ResourceInterface: all.Resource(key.gvr),
		fields:            key.fields,
		fake:              watchlist.DoesClientNotSupportWatchListSemantics(all),
	}
	if key.namespace != "" {
		c.ResourceInterface = all.Resource(key.gvr).Namespace(key.namespace)
	}
	return c
}

func (c client) streamsLists() bool {
	return !c.fake && features.FeatureGates().Enabled(features.WatchListClient)
}

// list returns one page of the latest state. Version 0, which might be an older state than one already seen, is
// never asked for.
func (c client) page(ctx context.Context, next string) (objects []item, version, more string, err error) {
	list, err := c.List(ctx, metav1.ListOptions{FieldSelector: c.fields, Limit: pageSize, Continue: next})
	if err != nil {
		return nil, "", "", err
	}
	objects = make([]item, len(list.Items))
	for i := range list.Items {
		objects[i] = item{&list.Items[i]}
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

const pageSize = 500

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

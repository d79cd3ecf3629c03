package kubeeventstest

import (
	"context"
	"maps"
	"slices"
	"strconv"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/discovery"
	discoveryfake "k8s.io/client-go/discovery/fake"
	"k8s.io/client-go/dynamic"
	clienttesting "k8s.io/client-go/testing"

	"github.com/addonkit/addonkit/kubeevents"
)

// Clients are clients of the cluster. They list, watch and discover; other requests are not for watchers and fail.
func (c *Cluster) Clients() kubeevents.Clients {
	return kubeevents.Clients{Dynamic: dynamicClient{c}, Metadata: metadataClient{c}, Discovery: discoveryClient{cluster: c}}
}

type dynamicClient struct{ cluster *Cluster }

func (d dynamicClient) Resource(gvr schema.GroupVersionResource) dynamic.NamespaceableResourceInterface {
	return resourceClient{unserved{gvr}, d.cluster, gvr, "", false}
}

type resourceClient struct {
	unserved
	cluster   *Cluster
	gvr       schema.GroupVersionResource
	namespace string
	partial   bool // metadata only
}

func (r resourceClient) Namespace(namespace string) dynamic.ResourceInterface {
	r.namespace = namespace
	return r
}

// List returns the state, by pages when there is a limit.
func (r resourceClient) List(_ context.Context, options metav1.ListOptions) (*unstructured.UnstructuredList, error) {
	c := r.cluster
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.asked(Request{"list", r.gvr.Resource, r.partial}, r.gvr); err != nil {
		return nil, err
	}
	kind, served := c.kinds[r.gvr]
	if !served {
		return nil, apierrors.NewNotFound(r.gvr.GroupResource(), "")
	}
	wanted, err := r.selector(options)
	if err != nil {
		return nil, err
	}
	list := &unstructured.UnstructuredList{}
	list.SetAPIVersion(kind.APIVersion)
	list.SetKind(kind.Kind + "List")
	rest, version, err := c.rest(options.Continue)
	if err != nil {
		return nil, err
	}
	if options.Continue == "" {
		for _, key := range slices.Sorted(maps.Keys(c.objects[r.gvr])) {
			if object := c.objects[r.gvr][key]; wanted(object) {
				rest = append(rest, *object.DeepCopy())
			}
		}
	}
	list.SetResourceVersion(version)
	list.Items = rest
	if options.Limit > 0 && int64(len(rest)) > options.Limit {
		list.Items = rest[:options.Limit]
		list.SetContinue(version + " " + strconv.Itoa(len(c.pages)))
		c.pages[list.GetContinue()] = rest[options.Limit:]
	}
	return list, nil
}

// rest is what a continue token stands for: the objects left of a list, as they were at its version.
func (c *Cluster) rest(token string) ([]unstructured.Unstructured, string, error) {
	if token == "" {
		return nil, strconv.Itoa(c.version), nil
	}
	rest, known := c.pages[token]
	if !known {
		return nil, "", apierrors.NewResourceExpired("the provided continue parameter is too old")
	}
	delete(c.pages, token)
	version, _, _ := strings.Cut(token, " ")
	return rest, version, nil
}

// discoveryClient answers what kinds are looked up by.
type discoveryClient struct {
	discovery.DiscoveryInterface // nil: the rest is not served
	cluster                      *Cluster
}

func (d discoveryClient) ServerGroupsAndResources() ([]*metav1.APIGroup, []*metav1.APIResourceList, error) {
	document, dead, err := d.cluster.discover()
	if err != nil {
		return nil, nil, err
	}
	groups, resources, err := document.ServerGroupsAndResources()
	if err == nil && len(dead) > 0 {
		err = &discovery.ErrGroupDiscoveryFailed{Groups: dead}
	}
	return groups, resources, err
}

func (d discoveryClient) ServerGroups() (*metav1.APIGroupList, error) {
	document, _, err := d.cluster.discover()
	if err != nil {
		return nil, err
	}
	return document.ServerGroups()
}

func (d discoveryClient) ServerResourcesForGroupVersion(groupVersion string) (*metav1.APIResourceList, error) {
	document, _, err := d.cluster.discover()
	if err != nil {
		return nil, err
	}
	return document.ServerResourcesForGroupVersion(groupVersion)
}

func (c *Cluster) discover() (document *discoveryfake.FakeDiscovery, dead map[schema.GroupVersion]error, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.asked(Request{Verb: "discover"}, schema.GroupVersionResource{}); err != nil {
		return nil, nil, err
	}
	dead = map[schema.GroupVersion]error{}
	lists := map[string]*metav1.APIResourceList{}
	document = &discoveryfake.FakeDiscovery{Fake: &clienttesting.Fake{}}
	for gvr, kind := range c.kinds {
		if err := c.dead[kind.APIVersion]; err != nil {
			dead[gvr.GroupVersion()] = err
			continue
		}
		list := lists[kind.APIVersion]
		if list == nil {
			list = &metav1.APIResourceList{GroupVersion: kind.APIVersion}
			lists[kind.APIVersion] = list
			document.Resources = append(document.Resources, list)
		}
		list.APIResources = append(list.APIResources, metav1.APIResource{
			Name: kind.Plural, SingularName: kind.singular(), Kind: kind.Kind, ShortNames: kind.ShortNames,
			Namespaced: !kind.ClusterScoped, Verbs: metav1.Verbs{"list", "watch"},
		})
	}
	return document, dead, nil
}

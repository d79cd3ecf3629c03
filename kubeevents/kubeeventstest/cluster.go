package kubeeventstest

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/watch"
	"sigs.k8s.io/yaml"

	"github.com/addonkit/addonkit/kubeevents"
)

// Kind is a kind that a cluster serves.
type Kind struct {
	APIVersion, Kind, Plural string
	ShortNames               []string
	ClusterScoped            bool
}

// Cluster is an API server in memory. It is safe for concurrent use.
type Cluster struct {
	mu       sync.Mutex
	changed  chan struct{} // closed at the next change
	version  int
	oldest   int // versions below are forgotten
	dropped  int // how often connections were
	frozen   int
	losing   bool
	torn     int              // after how many objects the next streamed list breaks off, -1: does not
	dead     map[string]error // group versions
	kinds    map[schema.GroupVersionResource]Kind
	objects  map[schema.GroupVersionResource]map[string]*unstructured.Unstructured
	history  []change
	refusals map[Request]error
	requests map[Request]int
	pages    map[string][]unstructured.Unstructured // the rest of lists, by continue token
}

// Request is a verb (list, watch, discover) and the plural name of a resource, "" for discover. Metadata is set when
// only metadata is asked for.
type Request struct {
	Verb, Resource string
	Metadata       bool
}

type change struct {
	gvr     schema.GroupVersionResource
	version int
	watch.Event
	before *unstructured.Unstructured // what the object was, nil if new
	lost   bool                       // no watch tells of it
}

// NewCluster makes a cluster that serves the kinds.
func NewCluster(kinds ...Kind) *Cluster {
	c := &Cluster{
		changed:  make(chan struct{}),
		version:  1,
		torn:     -1,
		dead:     map[string]error{},
		kinds:    map[schema.GroupVersionResource]Kind{},
		objects:  map[schema.GroupVersionResource]map[string]*unstructured.Unstructured{},
		refusals: map[Request]error{},
		requests: map[Request]int{},
		pages:    map[string][]unstructured.Unstructured{},
	}
	c.Serve(kinds...)
	return c
}

// Start runs a watcher on the cluster until the test ends.
func Start(t testing.TB, c *Cluster) *kubeevents.Watcher {
	t.Helper()
	watcher := kubeevents.New(kubeevents.Options{Clients: c.Clients()})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- watcher.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("the watcher ended with: %v", err)
		}
	})
	return watcher
}

// Serve adds kinds. It does not create CustomResourceDefinitions.
func (c *Cluster) Serve(kinds ...Kind) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, kind := range kinds {
		c.kinds[kind.gvr()] = kind
	}
}

// Withdraw removes a kind and its objects; open watches of it end.
func (c *Cluster) Withdraw(kind Kind) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.kinds, kind.gvr())
	delete(c.objects, kind.gvr())
	c.dropped++
	c.signal()
}

// Apply creates or replaces objects given as YAML. It panics when the text is not an object of a served kind: that is
// a mistake in the test.
func (c *Cluster) Apply(objects ...string) {
	for _, text := range objects {
		object := map[string]any{}
		if err := yaml.Unmarshal([]byte(text), &object); err != nil {
			panic(fmt.Sprintf("kubeeventstest: Apply: %v", err))
		}
		c.Put(object)
	}
}

// Put creates or replaces an object. It panics when its kind is not served.
func (c *Cluster) Put(object map[string]any) {
	u := (&unstructured.Unstructured{Object: object}).DeepCopy()
	c.mu.Lock()
	defer c.mu.Unlock()
	gvr := c.find(u.GetAPIVersion(), u.GetKind())
	key := u.GetNamespace() + "/" + u.GetName()
	before := c.objects[gvr][key]
	c.version++
	u.SetResourceVersion(strconv.Itoa(c.version))
	if c.objects[gvr] == nil {
		c.objects[gvr] = map[string]*unstructured.Unstructured{}
	}
	c.objects[gvr][key] = u
	event := watch.Event{Type: watch.Added, Object: u}
	if before != nil {
		event.Type = watch.Modified
	}
	c.record(change{gvr, c.version, event, before, c.losing})
}

// Delete removes an object and tells whether there was one.
func (c *Cluster) Delete(kind Kind, namespace, name string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	gvr, key := kind.gvr(), namespace+"/"+name
	before := c.objects[gvr][key]
	if before == nil {
		return false
	}
	delete(c.objects[gvr], key)
	c.version++
	last := before.DeepCopy()
	last.SetResourceVersion(strconv.Itoa(c.version))
	c.record(change{gvr, c.version, watch.Event{Type: watch.Deleted, Object: last}, before, c.losing})
	return true
}

// Objects lists what there is of a kind, as "namespace/name" in order.
func (c *Cluster) Objects(kind Kind) []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Sorted(maps.Keys(c.objects[kind.gvr()]))
}

// Disconnect ends all open watches.
func (c *Cluster) Disconnect() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.dropped++
	c.signal()
}

// Freeze has the open watches say nothing more and stay open, as behind a broken network.
func (c *Cluster) Freeze() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.frozen++
}

// Forget drops the history: watches and pages that continue from an older version get 410 Gone. Open watches go on.
func (c *Cluster) Forget() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.version++ // as by a change of another resource
	c.oldest = c.version
	clear(c.pages)
}

// Lose has changes go unnoticed by watches until it is called again with false: a fault no server should have.
func (c *Cluster) Lose(on bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.losing = on
}

// Tear has the next streamed list break off after that many objects, if it has more.
func (c *Cluster) Tear(after int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.torn = after
}

// Kill has a group version not answer until it is called again with nil, as when the server behind an APIService is
// down: discovery names it as failed, requests get 503.
func (c *Cluster) Kill(apiVersion string, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.dead[apiVersion] = err
	c.dropped++
	c.signal()
}

// Refuse has requests answered with err until it is called again with nil. The Resource "*" is for all, metadata too.
func (c *Cluster) Refuse(r Request, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.refusals[r] = err
}

// Requests tells how often this was asked for.
func (c *Cluster) Requests(r Request) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.requests[r]
}

func (c *Cluster) record(change change) {
	c.history = append(c.history, change)
	c.signal()
}

func (c *Cluster) signal() {
	close(c.changed)
	c.changed = make(chan struct{})
}

// asked counts a request and answers whether it is refused.
func (c *Cluster) asked(r Request, gvr schema.GroupVersionResource) error {
	c.requests[r]++
	if c.dead[gvr.GroupVersion().String()] != nil {
		return apierrors.NewServiceUnavailable("service unavailable")
	}
	if err := c.refusals[r]; err != nil {
		return err
	}
	return c.refusals[Request{Verb: r.Verb, Resource: "*"}]
}

func (c *Cluster) find(apiVersion, kind string) schema.GroupVersionResource {
	for gvr, served := range c.kinds {
		if served.APIVersion == apiVersion && served.Kind == kind {
			return gvr
		}
	}
	panic(fmt.Sprintf("kubeeventstest: kind %s of %s is not served: give it to NewCluster or Serve", kind, apiVersion))
}

func (k Kind) gvr() schema.GroupVersionResource {
	gv, _ := schema.ParseGroupVersion(k.APIVersion)
	return gv.WithResource(k.Plural)
}

func (k Kind) singular() string { return strings.ToLower(k.Kind) }

package kubeeventstest

import (
	"context"
	"fmt"
	"sort"
	"strconv"
	"strings"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/watch"
)

// bookmarkEvery is how often a quiet watch hears of the version.
const bookmarkEvery = time.Minute

// Watch follows the resource from a version on, or streams the state first.
func (r resourceClient) Watch(ctx context.Context, options metav1.ListOptions) (watch.Interface, error) {
	c := r.cluster
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.asked(Request{"watch", r.gvr.Resource, r.partial}, r.gvr); err != nil {
		return nil, err
	}
	if _, served := c.kinds[r.gvr]; !served {
		return nil, apierrors.NewNotFound(r.gvr.GroupResource(), "")
	}
	wanted, err := r.selector(options)
	if err != nil {
		return nil, err
	}
	w := &connection{client: r, wanted: wanted, position: c.version, dropped: c.dropped, frozen: c.frozen, out: make(chan watch.Event), stop: make(chan struct{})}
	if options.SendInitialEvents != nil && *options.SendInitialEvents {
		w.initial(c.version)
	} else if w.position, err = strconv.Atoi(options.ResourceVersion); err != nil || w.position < c.oldest {
		return nil, apierrors.NewResourceExpired("too old resource version: " + options.ResourceVersion)
	}
	if options.TimeoutSeconds != nil {
		w.timeout = time.Duration(*options.TimeoutSeconds) * time.Second
	}
	go w.run(ctx)
	return w, nil
}

// connection is one open watch.
type connection struct {
	client   resourceClient
	wanted   func(*unstructured.Unstructured) bool
	first    []watch.Event
	position int // up to which version events were sent
	dropped  int // of the cluster when it was opened
	frozen   int
	timeout  time.Duration
	out      chan watch.Event
	stop     chan struct{}
	stopping bool // guarded by Cluster.mu
	broken   bool // ends after the first events
}

func (w *connection) ResultChan() <-chan watch.Event { return w.out }

func (w *connection) Stop() {
	w.client.cluster.mu.Lock()
	defer w.client.cluster.mu.Unlock()
	if !w.stopping {
		w.stopping = true
		close(w.stop)
	}
}

func (w *connection) initial(version int) {
	for _, object := range w.client.cluster.objects[w.client.gvr] {
		if w.wanted(object) {
			w.first = append(w.first, watch.Event{Type: watch.Added, Object: w.client.as(object.DeepCopy())})
		}
	}
	if torn := w.client.cluster.torn; torn >= 0 && torn < len(w.first) {
		w.first, w.broken = w.first[:torn], true
		w.client.cluster.torn = -1
		return
	}
	end := w.bookmark(version)
	end.SetAnnotations(map[string]string{metav1.InitialEventsAnnotationKey: "true"})
	w.first = append(w.first, watch.Event{Type: watch.Bookmark, Object: w.client.as(end)})
}

func (w *connection) run(ctx context.Context) {
	defer close(w.out)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	if w.timeout > 0 {
		ctx, cancel = context.WithTimeout(ctx, w.timeout)
		defer cancel()
	}
	bookmarks := time.NewTicker(bookmarkEvery)
	defer bookmarks.Stop()
	events := w.first
	for {
		for _, event := range events {
			select {
			case w.out <- event:
			case <-w.stop:
				return
			case <-ctx.Done():
				return
			}
		}
		if w.broken {
			return
		}
		var changed <-chan struct{}
		var alive bool
		if events, changed, alive = w.more(); !alive {
			return
		}
		if len(events) > 0 {
			continue
		}
		select {
		case <-changed:
		case <-bookmarks.C:
			if changed == nil {
				continue
			}
			events = []watch.Event{{Type: watch.Bookmark, Object: w.client.as(w.bookmark(w.position))}}
		case <-w.stop:
			return
		case <-ctx.Done():
			return
		}
	}
}

// more collects the events since the position.
func (w *connection) more() (events []watch.Event, changed <-chan struct{}, alive bool) {
	c := w.client.cluster
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.dropped != w.dropped {
		return nil, nil, false
	}
	if c.frozen != w.frozen {
		return nil, nil, true // never hears of a change
	}
	next := sort.Search(len(c.history), func(i int) bool { return c.history[i].version > w.position })
	for _, change := range c.history[next:] {
		if change.gvr != w.client.gvr {
			continue
		}
		if event, seen := w.see(change); seen && !change.lost {
			events = append(events, event)
		}
	}
	w.position = c.version
	return events, c.changed, true
}

// see is the change as the selector of the watch lets it appear.
func (w *connection) see(change change) (watch.Event, bool) {
	object, _ := change.Object.(*unstructured.Unstructured)
	was, is := change.before != nil && w.wanted(change.before), change.Type != watch.Deleted && w.wanted(object)
	event := watch.Event{Object: w.client.as(object.DeepCopy())}
	switch {
	case is && was:
		event.Type = watch.Modified
	case is:
		event.Type = watch.Added
	case was:
		event.Type = watch.Deleted
	default:
		return event, false
	}
	return event, true
}

func (w *connection) bookmark(version int) *unstructured.Unstructured {
	u := &unstructured.Unstructured{Object: map[string]any{"apiVersion": w.client.gvr.GroupVersion().String(), "kind": "Bookmark"}}
	u.SetResourceVersion(strconv.Itoa(version))
	return u
}

func (r resourceClient) selector(options metav1.ListOptions) (func(*unstructured.Unstructured) bool, error) {
	byLabels, err := labels.Parse(options.LabelSelector)
	if err != nil {
		return nil, apierrors.NewBadRequest(err.Error())
	}
	byFields, err := fields.ParseSelector(options.FieldSelector)
	if err != nil {
		return nil, apierrors.NewBadRequest(err.Error())
	}
	return func(object *unstructured.Unstructured) bool {
		return (r.namespace == "" || r.namespace == object.GetNamespace()) &&
			byLabels.Matches(labels.Set(object.GetLabels())) && byFields.Matches(fieldsOf{object})
	}, nil
}

// fieldsOf finds fields by their path.
type fieldsOf struct{ *unstructured.Unstructured }

func (f fieldsOf) Has(string) bool { return true }

func (f fieldsOf) Get(path string) string {
	value, found, _ := unstructured.NestedFieldNoCopy(f.Object, strings.Split(path, ".")...)
	if !found {
		return ""
	}
	return fmt.Sprint(value)
}

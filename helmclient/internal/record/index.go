package record

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/metadata"
)

// Index knows which records exist, by metadata only.
//
// While Run runs, a namespace is listed when it is first asked for and watched from then on, so that later
// questions cost nothing. A watch that breaks is forgotten: the next question lists again. Without Run, or
// without a metadata client, every question is one list.
type Index struct {
	Store    *Store
	Metadata metadata.Interface // nil: the store's Secrets are listed

	mu     sync.Mutex
	run    context.Context //nolint:containedctx // the life of Run, which owns the watches
	ended  bool
	wg     sync.WaitGroup
	spaces map[string]*space
}

// space is one watched namespace.
type space struct {
	loading chan struct{} // a token: who holds it may list

	mu      sync.Mutex
	live    bool
	stop    context.CancelFunc     // ends the watch that keeps it live
	records map[string]Meta        // by Secret name
	gone    map[types.UID]struct{} // deleted by us, their Deleted event still to come
}

const selector = "owner=helm"

var secrets = schema.GroupVersionResource{Version: "v1", Resource: "secrets"}

// Run keeps watches open until ctx ends and has ended them when it returns.
func (x *Index) Run(ctx context.Context) error {
	x.mu.Lock()
	if x.run != nil {
		x.mu.Unlock()
		return errors.New("runs already, or has run")
	}
	x.run = ctx
	x.mu.Unlock()
	<-ctx.Done()
	x.mu.Lock()
	x.ended = true // from here on no watch is started
	x.mu.Unlock()
	x.wg.Wait()
	return nil
}

// History returns the records of a release, oldest first.
func (x *Index) History(ctx context.Context, namespace, name string) ([]Meta, error) {
	s := x.space(namespace)
	if s == nil {
		metas, _, err := x.list(ctx, namespace, selector+",name="+name)
		return byRevision(metas), err
	}
	if err := x.load(ctx, namespace, s); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []Meta
	for _, m := range s.records {
		if m.Name == name {
			out = append(out, m)
		}
	}
	return byRevision(out), nil
}

// List returns the newest record of every release in a namespace, or in all of them.
func (x *Index) List(ctx context.Context, namespace string) ([]Meta, error) {
	var metas []Meta
	if s := x.space(namespace); s != nil && namespace != "" {
		if err := x.load(ctx, namespace, s); err != nil {
			return nil, err
		}
		s.mu.Lock()
		metas = slices.Collect(maps.Values(s.records))
		s.mu.Unlock()
	} else {
		var err error
		if metas, _, err = x.list(ctx, namespace, selector); err != nil {
			return nil, err
		}
	}
	newest := map[string]Meta{}
	for _, m := range metas {
		if key := m.Namespace + "/" + m.Name; newest[key].Revision <= m.Revision {
			newest[key] = m
		}
	}
	out := slices.Collect(maps.Values(newest))
	slices.SortFunc(out, func(a, b Meta) int {
		return strings.Compare(a.Namespace+"/"+a.Name, b.Namespace+"/"+b.Name)
	})
	return out, nil
}

// Wrote tells the index of our own write, ahead of the watch.
func (x *Index) Wrote(m Meta) {
	if s := x.known(m.Namespace); s != nil {
		s.put(m)
	}
}

// Removed tells the index of our own deletion.
func (x *Index) Removed(m Meta) {
	if s := x.known(m.Namespace); s != nil {
		s.mu.Lock()
		delete(s.records, m.Key)
		if s.live {
			s.gone[m.UID] = struct{}{}
		}
		s.mu.Unlock()
	}
}

// Forget makes the next question list again, after a write whose outcome is not known.
func (x *Index) Forget(namespace string) {
	if s := x.known(namespace); s != nil {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.live = false
		if s.stop != nil {
			s.stop()
		}
	}
}

// space returns nil when nothing is kept.
func (x *Index) space(namespace string) *space {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.Metadata == nil || namespace == "" || x.run == nil || x.ended {
		return nil
	}
	if x.spaces == nil {
		x.spaces = map[string]*space{}
	}
	s := x.spaces[namespace]
	if s == nil {
		s = &space{loading: make(chan struct{}, 1)}
		x.spaces[namespace] = s
	}
	return s
}

func (x *Index) known(namespace string) *space {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.spaces[namespace]
}

// load lists and begins to watch unless the namespace is followed already.
func (x *Index) load(ctx context.Context, namespace string, s *space) error {
	select {
	case s.loading <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { <-s.loading }()
	s.mu.Lock()
	live := s.live
	s.mu.Unlock()
	if live {
		return nil
	}
	metas, version, err := x.list(ctx, namespace, selector)
	if err != nil {
		return err
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	watching, stop := context.WithCancel(x.run)
	s.mu.Lock()
	s.records, s.gone, s.live, s.stop = map[string]Meta{}, map[types.UID]struct{}{}, true, stop
	for _, m := range metas {
		s.records[m.Key] = m
	}
	s.mu.Unlock()
	if x.ended {
		stop()
		return nil
	}
	x.wg.Go(func() {
		defer stop()
		x.follow(watching, namespace, s, version)
	})
	return nil
}

func (x *Index) list(ctx context.Context, namespace, labels string) ([]Meta, string, error) {
	o := metav1.ListOptions{LabelSelector: labels}
	var out []Meta
	add := func(object *metav1.ObjectMeta) {
		if m, ok := metaOf(object, x.Store.Domain); ok {
			out = append(out, m)
		}
	}
	if x.Metadata == nil {
		list, err := x.Store.Secrets.Secrets(namespace).List(ctx, o)
		if err != nil {
			return nil, "", err
		}
		for i := range list.Items {
			add(&list.Items[i].ObjectMeta)
		}
		return out, list.ResourceVersion, nil
	}
	list, err := x.Metadata.Resource(secrets).Namespace(namespace).List(ctx, o)
	if err != nil {
		return nil, "", err
	}
	for i := range list.Items {
		add(&list.Items[i].ObjectMeta)
	}
	return out, list.ResourceVersion, nil
}

// follow applies changes to s until the watch breaks or ctx ends.
func (x *Index) follow(ctx context.Context, namespace string, s *space, version string) {
	defer func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if ctx.Err() == nil { // otherwise told to stop, and perhaps followed anew already
			s.live = false
		}
	}()
	for ctx.Err() == nil {
		w, err := x.Metadata.Resource(secrets).Namespace(namespace).Watch(ctx, metav1.ListOptions{
			LabelSelector: selector, ResourceVersion: version, AllowWatchBookmarks: true,
		})
		if err != nil {
			return
		}
		last, ok := x.events(ctx, s, w)
		w.Stop()
		if !ok {
			return
		}
		if last != "" {
			version = last
		}
	}
}

// events returns the version reached when the server ends the stream in the usual way.
func (x *Index) events(ctx context.Context, s *space, w watch.Interface) (version string, ok bool) {
	for {
		select {
		case <-ctx.Done():
			return "", false
		case e, open := <-w.ResultChan():
			if !open {
				return version, version != "" // a stream without an event is a broken one
			}
			object, isMeta := e.Object.(*metav1.PartialObjectMetadata)
			if e.Type == watch.Error || !isMeta {
				return "", false
			}
			version = object.ResourceVersion
			if e.Type == watch.Bookmark {
				continue
			}
			if m, ok := metaOf(&object.ObjectMeta, x.Store.Domain); ok {
				if e.Type == watch.Deleted {
					s.drop(m)
				} else {
					s.put(m)
				}
			}
		}
	}
}

func (s *space) put(m Meta) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, gone := s.gone[m.UID]; gone || !s.live {
		return
	}
	if have, ok := s.records[m.Key]; ok && have.UID == m.UID && newer(have.ResourceVersion, m.ResourceVersion) {
		return
	}
	s.records[m.Key] = m
}

func (s *space) drop(m Meta) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.gone, m.UID)
	if have, ok := s.records[m.Key]; ok && have.UID == m.UID {
		delete(s.records, m.Key)
	}
}

// newer compares resource versions, which are numbers as far as they can be told apart.
func newer(a, b string) bool {
	x, errA := strconv.ParseUint(a, 10, 64)
	y, errB := strconv.ParseUint(b, 10, 64)
	return errA == nil && errB == nil && x > y
}

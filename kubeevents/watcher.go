package kubeevents

import (
	"context"
	"errors"
	"sync"

	"github.com/go-logr/logr"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/metadata"
)

// Clients is how a Watcher reaches the cluster. Client-go's fakes will do.
type Clients struct {
	// Dynamic lists and watches. Required.
	Dynamic dynamic.Interface
	// Metadata serves subscriptions that want nothing but metadata, at a fraction of the traffic, and audits. It must
	// show the same objects as Dynamic, which two fakes of client-go do not. Nil: Dynamic does it all.
	Metadata metadata.Interface
	// Discovery finds kinds, by short names too. Required unless there is a Mapper.
	Discovery discovery.DiscoveryInterface
	// Mapper finds kinds when Discovery is nil.
	Mapper meta.RESTMapper
}

// Options is what a Watcher is made from.
type Options struct {
	Clients Clients
	// Log gets changes of state: a watch that fails and recovers, a kind that appears. Zero: discard.
	Log logr.Logger
}

// Watcher owns the watches of one cluster. It is safe for concurrent use.
type Watcher struct {
	clients Clients
	log     logr.Logger
	kinds   resolver

	mu            sync.Mutex // before the locks of streams and subscriptions
	ctx           context.Context
	ran, stopped  bool
	subscriptions map[*Subscription]struct{}
	streams       map[streamKey]*stream
	doubts        map[*stream]struct{} // whose resource may be gone
	look          chan struct{}        // the keeper has something to do

	life   sync.Mutex // guards running; taken last
	alive  bool
	group  sync.WaitGroup
	moment sync.RWMutex // held for writing to see several subscriptions at one moment
}

// New makes a watcher. It asks nothing of the cluster before Run.
func New(options Options) *Watcher {
	return &Watcher{
		clients:       options.Clients,
		log:           options.Log,
		kinds:         newResolver(options.Clients),
		subscriptions: map[*Subscription]struct{}{},
		streams:       map[streamKey]*stream{},
		doubts:        map[*stream]struct{}{},
		look:          make(chan struct{}, 1),
	}
}

// Run carries all watches until ctx ends, and returns nil when everything it started has ended. It may be called once.
func (w *Watcher) Run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	if err := w.begin(ctx); err != nil {
		return err
	}
	w.keep(ctx)
	cancel()
	w.end()
	return nil
}

// Subscribe registers a query; its streams start with Run, or at once when that is running. fn receives the events
// after Deliver, one call at a time; it must not block for long and may call any method of the subscription. Nil: no
// events, snapshots only. An error is a *QueryError, or ErrStopped.
func (w *Watcher) Subscribe(query Query, fn func(Event)) (*Subscription, error) {
	if w.clients.Dynamic == nil {
		return nil, errors.New("kubeevents: Clients.Dynamic is nil: give the watcher a client")
	}
	if w.clients.Discovery == nil && w.clients.Mapper == nil {
		return nil, errors.New("kubeevents: Clients.Discovery and Clients.Mapper are nil: give one of them to find kinds")
	}
	selector, err := newSelector(query)
	if err != nil {
		return nil, err
	}
	s := newSubscription(w, query.clone(), selector, fn)
	if selector.namespaceLabels != nil {
		if s.namespaces, err = w.followNamespaces(s); err != nil {
			return nil, err
		}
	}
	return s, w.register(s)
}

// Together takes the snapshots of several subscriptions of this watcher at one moment: a change of an object is in
// all of them or in none.
func (w *Watcher) Together(subscriptions ...*Subscription) []Snapshot {
	w.moment.Lock()
	defer w.moment.Unlock()
	snapshots := make([]Snapshot, len(subscriptions))
	for i, s := range subscriptions {
		snapshots[i] = s.Snapshot()
	}
	return snapshots
}

func (w *Watcher) begin(ctx context.Context) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.ran {
		return errors.New("kubeevents: Run was called twice: make a new watcher")
	}
	w.ran, w.ctx = true, ctx
	w.life.Lock()
	defer w.life.Unlock()
	w.alive = true
	return nil
}

func (w *Watcher) end() {
	w.life.Lock()
	w.alive = false
	w.life.Unlock()
	w.group.Wait()

	w.mu.Lock()
	w.stopped = true
	left := w.subscriptions
	w.subscriptions, w.streams = nil, nil
	w.mu.Unlock()
	for s := range left {
		s.end(ErrStopped)
	}
}

func (w *Watcher) register(s *Subscription) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.stopped {
		return ErrStopped
	}
	w.subscriptions[s] = struct{}{}
	w.lookAgain()
	return nil
}

// forget is the way out of a subscription.
func (w *Watcher) forget(s *Subscription) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.subscriptions, s)
	w.leave(s)
	w.lookAgain()
}

// join attaches a subscription to the streams of its resource. The caller holds w.mu.
func (w *Watcher) join(s *Subscription, r resource) {
	scopes := s.selector.scopes(r.namespaced)
	streams := make([]*stream, len(scopes))
	moving := map[*Subscription]struct{}{}
	for i, scope := range scopes {
		whole := streamKey{gvr: r.gvr, scope: scope}
		metadata := whole
		metadata.metadata = true
		if lesser := w.streams[metadata]; lesser != nil && !s.modest() {
			// One stream is enough: who was content with metadata comes along.
			for _, tap := range lesser.current() {
				moving[tap.Subscription] = struct{}{}
			}
		}
		key := whole
		if s.modest() && w.clients.Metadata != nil && w.streams[whole] == nil {
			key = metadata
		}
		stream := w.streams[key]
		if stream == nil {
			stream = newStream(w, key)
			w.streams[key] = stream
		}
		streams[i] = stream
	}
	s.attach(r, streams)
	for _, stream := range streams {
		stream.join(s)
		stream.start(w.ctx)
	}
	for other := range moving {
		w.leave(other)
		w.join(other, r)
	}
}

// leave detaches a subscription from its streams and ends those that nobody else needs. The caller holds w.mu.
func (w *Watcher) leave(s *Subscription) {
	for _, stream := range s.detach() {
		if stream.part(s) && w.streams[stream.key] == stream {
			delete(w.streams, stream.key)
			delete(w.doubts, stream)
			stream.cancel()
		}
	}
}

// doubt has discovery looked at again because a stream's resource was not found.
func (w *Watcher) doubt(s *stream) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.streams[s.key] == s {
		w.doubts[s] = struct{}{}
		w.lookAgain()
	}
}

func (w *Watcher) lookAgain() {
	select {
	case w.look <- struct{}{}:
	default:
	}
}

// spawn runs f as part of Run, or refuses when Run is over or was never called.
func (w *Watcher) spawn(f func()) bool {
	w.life.Lock()
	defer w.life.Unlock()
	if !w.alive {
		return false
	}
	w.group.Go(f)
	return true
}

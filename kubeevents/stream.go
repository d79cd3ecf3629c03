package kubeevents

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/watch"
)

// streamKey is what makes two streams the same.
type streamKey struct {
	gvr schema.GroupVersionResource
	scope
	metadata bool
}

// stream lists and watches one scope of one resource and hands every change to all subscriptions that have joined.
//
// It is not client-go's Reflector, though it takes its lessons: a Reflector lists again after any disconnection that
// ends soon or with an error other than a refused connection, waits between tries without regard to its context,
// does not tell of the failures it retries itself, and holds a whole list before its store sees an object. This one
// lists again only when the server has forgotten the version, or when a subscription has joined.
type stream struct {
	key     streamKey
	watcher *Watcher
	client  client
	started bool // guarded by Watcher.mu
	cancel  context.CancelFunc

	mu      sync.Mutex
	taps    []*tap // replaced, never changed
	failure error

	moved chan struct{} // closed when the version changes while somebody waits for it

	joined   chan struct{} // somebody has to be filled
	progress atomic.Pointer[progress]
	waiting  atomic.Int32 // for a version
	counts   counts

	// The rest belongs to the goroutine of run.
	objects    map[string]*entry
	generation uint64
	version    string // of the last list or event; empty: the state has to be taken anew
	pause      backoff
	bookmarks  bool // the server has sent one
	torn       int  // streamed lists in a row that broke off
	audit      audit
}

// counts are for StreamStatus.
type counts struct {
	lists, watches, events, audits, healed, objects atomic.Int64
	heard                                           atomic.Int64 // Unix nanoseconds
}

// tap is a subscription on a stream.
type tap struct {
	*Subscription
	filled bool // guarded by stream.mu
}

// entry is what a stream itself remembers of an object that somebody keeps.
type entry struct {
	id         identity
	version    string
	generation uint64 // of the last list that had it
}

// progress is how far a stream has got, for snapshots.
type progress struct {
	revision string
	alive    bool
	at       time.Time // of the interruption, when not alive
}

// gather is how long a stream waits for more subscriptions to join before it fills itself again.
const gather = 20 * time.Millisecond

// settled is how long a watch must have lasted for its end to be nothing special.
const settled = 5 * time.Second

func newStream(w *Watcher, key streamKey) *stream {
	s := &stream{
		key: key, watcher: w,
		client:  newClient(w.clients, key),
		cancel:  func() {},
		joined:  make(chan struct{}, 1),
		moved:   make(chan struct{}),
		audit:   nextAudit(),
		objects: map[string]*entry{},
		pause:   backoff{first: 500 * time.Millisecond, most: 30 * time.Second},
	}
	s.progress.Store(&progress{})
	return s
}

// start has the stream run, once. The caller holds Watcher.mu.
func (s *stream) start(ctx context.Context) {
	if s.started {
		return
	}
	ctx, cancel := context.WithCancel(ctx)
	s.started, s.cancel = true, cancel
	s.watcher.spawn(func() {
		defer cancel()
		s.run(ctx)
	})
}

// join adds a subscription. It gets every change from now on, and all the rest with the next fill.
func (s *stream) join(subscription *Subscription) {
	s.mu.Lock()
	s.taps = append(slices.Clone(s.taps), &tap{Subscription: subscription})
	failure := s.failure
	s.mu.Unlock()
	if failure != nil {
		subscription.followed(s, false, failure)
	}
	select {
	case s.joined <- struct{}{}:
	default:
	}
}

// part removes a subscription and tells whether it was the last.
func (s *stream) part(subscription *Subscription) (last bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.taps = slices.DeleteFunc(slices.Clone(s.taps), func(t *tap) bool { return t.Subscription == subscription })
	return len(s.taps) == 0
}

func (s *stream) run(ctx context.Context) {
	var open watch.Interface
	for ctx.Err() == nil {
		var err error
		if open == nil && s.unfilled() {
			open, err = s.fill(ctx)
		} else {
			err = s.follow(ctx, open)
			open = nil
		}
		if ctx.Err() != nil {
			break
		}
		if err != nil && !s.rest(ctx, err) {
			break
		}
	}
	if open != nil {
		open.Stop()
	}
}

// rest deals with a failure and returns when it is time for the next try.
func (s *stream) rest(ctx context.Context, err error) bool {
	s.interrupted()
	if expired(err) {
		s.version = ""
		// The first time the list is taken at once.
		if s.pause.tries == 0 {
			s.pause.tries++
			return true
		}
	} else {
		s.report(err)
	}
	if apierrors.IsNotFound(err) {
		s.watcher.doubt(s)
	}
	pause := s.pause.next()
	if seconds, ok := apierrors.SuggestsClientDelay(err); ok {
		pause = max(pause, time.Duration(seconds)*time.Second)
	}
	return sleep(ctx, pause)
}

func (s *stream) unfilled() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.version == "" || slices.ContainsFunc(s.taps, func(t *tap) bool { return !t.filled })
}

func (s *stream) current() []*tap {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.taps
}

// report tells all subscriptions how the stream is; nil: well.
func (s *stream) report(err error) {
	s.mu.Lock()
	before := s.failure
	s.failure = err
	taps := s.taps
	s.mu.Unlock()
	switch {
	case err != nil && before == nil:
		s.watcher.log.Info("watch failed, retrying", "resource", s.key.gvr.String(), "namespace", s.key.namespace, "error", err.Error())
	case err == nil && before != nil:
		s.watcher.log.Info("watch recovered", "resource", s.key.gvr.String(), "namespace", s.key.namespace)
	case err == nil:
		return
	}
	for _, tap := range taps {
		tap.followed(s, false, err)
	}
}

// advanced notes that everything up to this version has been seen.
func (s *stream) advanced(version string) {
	if version != "" {
		s.version = version
	}
	if last := s.progress.Load(); last.revision != s.version || !last.alive {
		s.progress.Store(&progress{revision: s.version, alive: true})
		s.move()
	}
}

// interrupted notes that from now on nothing is seen.
func (s *stream) interrupted() {
	if s.progress.Load().alive {
		s.progress.Store(&progress{revision: s.progress.Load().revision, at: time.Now()})
	}
}

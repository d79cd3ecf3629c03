package kubeevents

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/watch"
)

// A watch is asked to end after a random time in this range, so that connections spread over API servers.
const (
	shortestWatch = 5 * time.Minute
	longestWatch  = 10 * time.Minute
)

// A server that sends bookmarks does so every minute: after this long without anything the connection is dead.
const silence = 3 * time.Minute

// enoughTorn streamed lists in a row without an end, and the stream goes by pages from then on: there are servers that
// begin to stream and never say that the list is over.
const enoughTorn = 2

// errBroken is a stream that ended in the middle of its list.
var errBroken = errors.New("the stream ended before the end of the list")

// fill takes the whole state and hands it on object by object, nothing being held back: at each moment what is known
// of an object is the newest seen. Objects that the state does not have any more are dropped at its end. Where the
// state came as the beginning of a watch, that watch is returned.
func (s *stream) fill(ctx context.Context) (watch.Interface, error) {
	if !sleep(ctx, gather) {
		return nil, nil
	}
	select {
	case <-s.joined:
	default:
	}
	taps := s.current()
	s.generation++
	open, version, err := s.state(ctx)
	if err != nil {
		return nil, err
	}
	s.sweep(taps)
	s.advanced(version)
	s.pause.reset()
	s.filled(taps)
	return open, nil
}

func (s *stream) state(ctx context.Context) (open watch.Interface, version string, err error) {
	if s.client.streamsLists() && s.torn < enoughTorn {
		open, version, err = s.stream(ctx)
		switch {
		case errors.Is(err, errBroken):
			s.torn++
			return nil, "", err
		case err == nil || !notUnderstood(errors.Unwrap(err)):
			s.torn = 0
			return open, version, err
		}
	}
	if version, err = s.pages(ctx); err != nil || !s.client.fake {
		return nil, version, err
	}
	// What a fake forgot between the list and the watch, a second list tells.
	s.counts.watches.Add(1)
	if open, err = s.client.watch(ctx, version, int64(longestWatch.Seconds())); err != nil {
		return nil, "", s.explain("watch", err)
	}
	s.generation++
	if version, err = s.pages(ctx); err != nil {
		open.Stop()
		return nil, "", err
	}
	return open, version, nil
}

// pages reads the state by pages. When the server forgets the version in the middle, it is read from the beginning.
func (s *stream) pages(ctx context.Context) (string, error) {
	next := ""
	for {
		s.counts.lists.Add(1)
		objects, version, more, err := s.client.page(ctx, next)
		switch {
		case err != nil && next != "" && expired(err):
			s.generation++
			next = ""
			continue
		case err != nil:
			return "", s.explain("list", err)
		}
		s.counts.events.Add(int64(len(objects)))
		s.counts.heard.Store(time.Now().UnixNano())
		for _, object := range objects {
			s.apply(object)
		}
		if more == "" {
			return version, nil
		}
		next = more
	}
}

// stream reads the state from the beginning of a watch.
func (s *stream) stream(ctx context.Context) (open watch.Interface, version string, err error) {
	s.counts.watches.Add(1)
	open, err = s.client.watchList(ctx, watchSeconds())
	if err != nil {
		return nil, "", s.explain("watch", err)
	}
	defer func() {
		if err != nil {
			open.Stop()
			open = nil
		}
	}()
	quiet := time.NewTimer(silence)
	defer quiet.Stop()
	for {
		select {
		case <-ctx.Done():
			return open, "", ctx.Err()
		case <-quiet.C:
			return open, "", s.explain("watch", errBroken)
		case event, more := <-open.ResultChan():
			if !more {
				return open, "", s.explain("watch", errBroken)
			}
			quiet.Reset(silence)
			if event.Type == watch.Bookmark {
				bookmark, ok := itemOf(event.Object)
				if ok && bookmark.GetAnnotations()[metav1.InitialEventsAnnotationKey] == "true" {
					s.bookmarks = true
					return open, bookmark.GetResourceVersion(), nil
				}
				continue
			}
			if _, err := s.take(event); err != nil {
				return open, "", err
			}
		}
	}
}

// sweep drops what the last state did not have.
func (s *stream) sweep(taps []*tap) {
	defer func() { s.counts.objects.Store(int64(len(s.objects))) }()
	for key, entry := range s.objects {
		if entry.generation == s.generation {
			continue
		}
		delete(s.objects, key)
		s.watcher.moment.RLock()
		for _, tap := range taps {
			tap.put(&entry.id, nil)
		}
		s.watcher.moment.RUnlock()
	}
}

// filled tells those that were there when the state was taken. Who joined meanwhile has the next one.
func (s *stream) filled(taps []*tap) {
	s.mu.Lock()
	for _, tap := range taps {
		tap.filled = true
	}
	recovered := s.failure != nil
	s.failure = nil
	s.mu.Unlock()
	if recovered {
		s.watcher.log.Info("watch recovered", "resource", s.key.gvr.String(), "namespace", s.key.namespace)
	}
	for _, tap := range taps {
		tap.followed(s, true, nil)
	}
}

// follow watches from the last version on. It returns nil when the watch has ended in good order, or a subscription
// has joined.
func (s *stream) follow(ctx context.Context, open watch.Interface) error {
	if open == nil {
		var err error
		s.counts.watches.Add(1)
		if open, err = s.client.watch(ctx, s.version, watchSeconds()); err != nil {
			return s.explain("watch", err)
		}
	}
	defer open.Stop()
	s.report(nil)
	s.advanced("")
	began := time.Now()
	defer func() {
		if time.Since(began) > settled {
			s.pause.reset()
		}
	}()
	quiet, audit := time.NewTimer(s.patience()), time.NewTimer(time.Until(s.audit.due))
	defer quiet.Stop()
	defer audit.Stop()
	for events := 0; ; events++ {
		select {
		case <-ctx.Done():
			return nil
		case <-s.joined:
			if s.unfilled() {
				return nil
			}
		case <-quiet.C:
			s.interrupted()
			return nil
		case <-audit.C:
			if s.continueAudit(ctx) {
				s.lost()
				return nil
			}
			audit.Reset(time.Until(s.audit.due))
		case event, more := <-open.ResultChan():
			if !more {
				s.interrupted()
				if events == 0 && time.Since(began) < settled {
					return s.explain("watch", errShort)
				}
				return nil
			}
			version, err := s.take(event)
			if err != nil {
				return err
			}
			s.advanced(version)
			s.pause.reset()
			quiet.Reset(s.patience())
		}
	}
}

// errShort is a watch that a server or a proxy ended at once.
var errShort = errors.New("the watch ended as soon as it had begun")

// take handles one event and returns its version.
func (s *stream) take(event watch.Event) (version string, err error) {
	if event.Type == watch.Error {
		return "", s.explain("watch", apierrors.FromObject(event.Object))
	}
	object, ok := itemOf(event.Object)
	if !ok {
		return "", nil
	}
	s.counts.heard.Store(time.Now().UnixNano())
	if event.Type != watch.Bookmark {
		s.counts.events.Add(1)
	}
	switch event.Type {
	case watch.Added, watch.Modified:
		s.apply(object)
	case watch.Deleted:
		s.remove(object)
	case watch.Bookmark:
		s.bookmarks = true
	}
	return object.GetResourceVersion(), nil
}

// lost has the state taken anew because events were missing.
func (s *stream) lost() {
	s.counts.healed.Add(1)
	s.interrupted()
	s.version = ""
	s.watcher.log.Info("audit found lost events, listing again", "resource", s.key.gvr.String(), "namespace", s.key.namespace)
}

// patience is how long a watch may be silent. Of a fake, any time: it would lose what happens before the next one.
func (s *stream) patience() time.Duration {
	switch {
	case s.client.fake:
		return 1<<63 - 1
	case s.bookmarks:
		return silence
	}
	return longestWatch + silence
}

func watchSeconds() int64 {
	return int64((shortestWatch + rand.N(longestWatch-shortestWatch)).Seconds())
}

package kubeevents

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/runtime/schema"
)

// StreamStatus is how one stream is, for metrics, readiness and debug pages.
type StreamStatus struct {
	Resource  schema.GroupVersionResource
	Namespace string // "": all
	Fields    string // the field selector of the stream
	Metadata  bool   // only metadata is transferred

	Subscriptions int
	Objects       int    // of which something is kept
	Revision      string // up to which it has been read
	// Current is the moment up to which the stream is known to be current: now while it is watched, the moment of the
	// interruption while it is not. Zero before the first list.
	Current time.Time
	// Heard is when the server last sent anything.
	Heard time.Time
	Err   error // why it fails, nil while it does not

	// Counted since the stream began.
	Lists   int64 // list requests, each page counting
	Watches int64 // watch requests, those that bring the list counting too
	Events  int64 // objects received, those of lists counting too
	Audits  int64
	Healed  int64 // audits that found something lost
}

// Streams tells how all streams are, sorted by resource, namespace and fields.
func (w *Watcher) Streams() []StreamStatus {
	w.mu.Lock()
	defer w.mu.Unlock()
	statuses := make([]StreamStatus, 0, len(w.streams))
	for _, s := range w.streams {
		statuses = append(statuses, s.status())
	}
	slices.SortFunc(statuses, func(a, b StreamStatus) int {
		return cmp.Or(strings.Compare(a.Resource.String(), b.Resource.String()), strings.Compare(a.Namespace, b.Namespace), strings.Compare(a.Fields, b.Fields))
	})
	return statuses
}

func (s *stream) status() StreamStatus {
	progress := s.progress.Load()
	status := StreamStatus{
		Resource: s.key.gvr, Namespace: s.key.namespace, Fields: s.key.fields, Metadata: s.key.metadata,
		Objects: int(s.counts.objects.Load()), Revision: progress.revision, Current: progress.at,
		Lists: s.counts.lists.Load(), Watches: s.counts.watches.Load(), Events: s.counts.events.Load(),
		Audits: s.counts.audits.Load(), Healed: s.counts.healed.Load(),
	}
	if progress.alive {
		status.Current = time.Now()
	}
	if heard := s.counts.heard.Load(); heard != 0 {
		status.Heard = time.Unix(0, heard)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	status.Subscriptions, status.Err = len(s.taps), s.failure
	return status
}

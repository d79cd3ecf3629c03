package kubeevents

import (
	"context"
	"math/rand/v2"
	"time"
)

// Once an hour a stream compares what it keeps with a list of metadata. Where they differ and no event comes within a
// grace, one was lost, and the state is taken anew. Clients without history, as fakes, are not audited.
const (
	auditEvery = time.Hour
	auditGrace = 2 * time.Minute
)

// audit is one comparison, or the wait for the next.
type audit struct {
	due      time.Time
	suspects map[string]struct{} // keys that differed and have had no event since
}

func nextAudit() audit {
	return audit{due: time.Now().Add(auditEvery - auditEvery/10 + rand.N(auditEvery/5))}
}

// continueAudit does what is due and tells whether something was lost.
func (s *stream) continueAudit(ctx context.Context) (lost bool) {
	if s.audit.suspects != nil {
		lost = len(s.audit.suspects) > 0
		s.audit = nextAudit()
		return lost
	}
	s.audit = nextAudit()
	if s.client.fake {
		return false
	}
	versions, err := s.versions(ctx)
	if err != nil {
		return false // the watch itself tells of failures
	}
	s.counts.audits.Add(1)
	if suspects := s.differing(versions); len(suspects) > 0 {
		s.audit = audit{due: time.Now().Add(auditGrace), suspects: suspects}
	}
	return false
}

// versions lists what the stream should know, by key.
func (s *stream) versions(ctx context.Context) (map[string]string, error) {
	lister := s.client
	if key := s.key; s.watcher.clients.Metadata != nil {
		key.metadata = true
		lister = newClient(s.watcher.clients, key)
	}
	versions := map[string]string{}
	for next := ""; ; {
		s.counts.lists.Add(1)
		objects, _, more, err := lister.page(ctx, next)
		if err != nil {
			return nil, err
		}
		for _, object := range objects {
			if s.wanted(object) {
				versions[keyOf(object)] = object.GetResourceVersion()
			}
		}
		if more == "" {
			return versions, nil
		}
		next = more
	}
}

func (s *stream) differing(versions map[string]string) map[string]struct{} {
	differing := map[string]struct{}{}
	for key, version := range versions {
		if known := s.objects[key]; known == nil || known.version != version {
			differing[key] = struct{}{}
		}
	}
	for key := range s.objects {
		if _, there := versions[key]; !there {
			differing[key] = struct{}{}
		}
	}
	return differing
}

func (s *stream) wanted(object item) bool {
	for _, tap := range s.current() {
		if tap.wants(object) {
			return true
		}
	}
	return false
}

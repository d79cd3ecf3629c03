package kubeevents

import (
	"fmt"
	"reflect"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// apply hands the state of an object to all subscriptions. A version that has been seen goes only to those that have
// not been filled yet.
func (s *stream) apply(object item) {
	key := keyOf(object)
	known := s.objects[key]
	delete(s.audit.suspects, key)
	seen := known != nil && known.version != "" && known.version == object.GetResourceVersion()
	if known == nil {
		// The key's parts would pin the whole decoded object, so they are parts of the key.
		namespace := key[:len(object.GetNamespace())]
		known = &entry{id: identity{namespace, key[len(namespace)+1:]}}
	}
	known.version, known.generation = strings.Clone(object.GetResourceVersion()), s.generation

	s.watcher.moment.RLock()
	defer s.watcher.moment.RUnlock()
	one := projection{object: object, id: &known.id}
	held := s.objects[key] != nil
	for _, tap := range s.current() {
		if seen && tap.filled || !tap.wants(object) {
			if held && !seen {
				tap.put(&known.id, nil)
			}
			continue
		}
		record, err := one.of(tap.Subscription)
		if err != nil {
			tap.fail(&known.id, err)
			one.kept = true
			continue
		}
		tap.put(&known.id, record)
		one.kept = true
	}
	if one.kept || seen {
		s.objects[key] = known
	} else {
		delete(s.objects, key)
	}
	s.counts.objects.Store(int64(len(s.objects)))
}

// remove tells all subscriptions that an object is gone. No filter is asked.
func (s *stream) remove(object metav1.Object) {
	key := keyOf(object)
	known := s.objects[key]
	delete(s.audit.suspects, key)
	if known == nil {
		return
	}
	delete(s.objects, key)
	s.counts.objects.Store(int64(len(s.objects)))
	s.watcher.moment.RLock()
	defer s.watcher.moment.RUnlock()
	for _, tap := range s.current() {
		tap.put(&known.id, nil)
	}
}

// modest subscriptions are content with metadata.
func (s *Subscription) modest() bool { return s.query.Filter == nil && !s.query.Full }

func (s *Subscription) wants(object metav1.Object) bool { return s.selector.matches(object) }

// projection makes the records of one state of one object, each but once.
type projection struct {
	object  item
	id      *identity
	kept    bool
	packed  *string
	results []filtered
	records []*record
}

type filtered struct {
	key    any
	record *record
	err    error
}

func (p *projection) of(s *Subscription) (*record, error) {
	r, err := p.result(s.query.Filter, s.filterKey)
	if err != nil {
		return nil, err
	}
	if s.query.Full {
		packed, err := p.whole()
		if err != nil {
			return nil, err
		}
		full := *r
		full.object = packed
		r = &full
	}
	// Subscriptions with equal records share one.
	for _, other := range p.records {
		if other.content == r.content && other.object == r.object && (r.typed == nil || other == r) {
			return other, nil
		}
	}
	p.records = append(p.records, r)
	return r, nil
}

func (p *projection) result(filter Filter, key any) (*record, error) {
	for _, known := range p.results {
		if key != nil && known.key == key {
			return known.record, known.err
		}
	}
	r, err := p.run(filter)
	p.results = append(p.results, filtered{key, r, err})
	return r, err
}

func (p *projection) run(filter Filter) (r *record, err error) {
	if filter == nil {
		return versionRecord(p.id, p.object.GetResourceVersion(), func() string {
			packed, err := p.whole()
			if err != nil {
				return ""
			}
			return *packed
		}), nil
	}
	defer func() {
		if recover() != nil {
			// What was thrown may hold values of the object.
			r, err = nil, fmt.Errorf("the filter panicked")
		}
	}()
	result, err := filter.Apply(p.object.whole)
	if err != nil {
		return nil, err
	}
	_, keepType := filter.(typeKeeping)
	return resultRecord(p.id, result, keepType), nil
}

func (p *projection) whole() (*string, error) {
	if p.packed == nil {
		content, err := p.object.content()
		if err != nil {
			return nil, err
		}
		packed, err := pack(nil, content)
		if err != nil {
			return nil, err
		}
		text := string(packed)
		p.packed = &text
	}
	return p.packed, nil
}

// identify returns what tells equal filters, nil when they cannot be told.
func identify(filter Filter) any {
	switch filter := filter.(type) {
	case nil:
		return struct{}{}
	case Keyed:
		return filter.FilterKey()
	}
	if reflect.ValueOf(filter).Comparable() {
		return filter
	}
	return nil
}

func keyOf(object metav1.Object) string { return object.GetNamespace() + "/" + object.GetName() }

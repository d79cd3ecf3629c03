package kubeevents

import "slices"

// recordCost is what one record costs beside its content: the record, its slots in the map and in the sorted list,
// and its share of the identity.
const recordCost = 48 + 40 + 8 + 48

// put takes what a stream made of one object; nil: it is not, or no longer, what the query asks for.
func (s *Subscription) put(id *identity, r *record) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended != nil {
		return
	}
	key := id.key()
	delete(s.stale, key)
	s.mend(key)
	s.replace(key, id, r)
	if s.onPut != nil {
		s.onPut(id.name, r != nil)
	}
}

// fail takes the failure of the filter on one object. What was known of it stays.
func (s *Subscription) fail(id *identity, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended != nil {
		return
	}
	key := id.key()
	delete(s.stale, key)
	if s.broken == nil {
		s.broken = map[string]*FilterError{}
	}
	s.broken[key] = &FilterError{Namespace: id.namespace, Name: id.name, Err: err}
	s.judge()
}

func (s *Subscription) mend(key string) {
	if _, was := s.broken[key]; was {
		delete(s.broken, key)
		s.judge()
	}
}

func (s *Subscription) replace(key string, id *identity, r *record) {
	old := s.items[key]
	if old == r {
		return
	}
	s.bytes += r.cost() - old.cost()
	if r == nil {
		delete(s.items, key)
	} else {
		s.items[key] = r
	}
	s.touch(key, id)
	if s.sees(id) {
		s.note(key, id, old, r)
	}
}

// sees tells whether the namespace of an object is one of those selected by labels.
func (s *Subscription) sees(id *identity) bool {
	if s.allowed == nil {
		return true
	}
	_, ok := s.allowed[id.namespace]
	return ok
}

// touch remembers that the order is out of date for one object.
func (s *Subscription) touch(key string, id *identity) {
	if s.order == nil {
		return
	}
	if s.touched == nil {
		s.touched = map[string]*identity{}
	}
	s.touched[key] = id
	if len(s.touched) > 16+len(s.order)/4 {
		s.order, s.touched = nil, nil // sorting anew is cheaper
	}
}

// inOrder returns the items that are seen, sorted. The slice is never changed: what was touched since the last time is
// merged into a new one.
func (s *Subscription) inOrder() []*record {
	switch {
	case s.order == nil:
		s.order = s.sorted()
	case len(s.touched) > 0:
		s.order = s.merged()
	}
	s.touched = nil
	return s.order
}

func (s *Subscription) sorted() []*record {
	seen := s.items
	if s.allowed != nil {
		seen = make(map[string]*record, len(s.items))
		for key, r := range s.items {
			if s.sees(r.id) {
				seen[key] = r
			}
		}
	}
	return sorted(seen)
}

func (s *Subscription) merged() []*record {
	touched := make([]*identity, 0, len(s.touched))
	for _, id := range s.touched {
		touched = append(touched, id)
	}
	slices.SortFunc(touched, compareIdentities)
	old, order := s.order, make([]*record, 0, len(s.order)+len(touched))
	for _, id := range touched {
		at, found := slices.BinarySearchFunc(old, id, func(r *record, id *identity) int { return compareIdentities(r.id, id) })
		order = append(order, old[:at]...)
		if old = old[at:]; found {
			old = old[1:]
		}
		if r := s.items[id.key()]; r != nil && s.sees(id) {
			order = append(order, r)
		}
	}
	return append(order, old...)
}

// allow follows the labels of a namespace. Its objects have been kept all the time, so no list is needed.
func (s *Subscription) allow(namespace string, on bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, was := s.allowed[namespace]; was == on || s.ended != nil {
		return
	}
	if on {
		s.allowed[namespace] = struct{}{}
	} else {
		delete(s.allowed, namespace)
	}
	s.order, s.touched = nil, nil
	for key, r := range s.items {
		if r.id.namespace != namespace {
			continue
		}
		if on {
			s.note(key, r.id, nil, r)
		} else {
			s.note(key, r.id, r, nil)
		}
	}
}

func (r *record) cost() int64 {
	if r == nil {
		return 0
	}
	cost := recordCost + int64(len(r.content)+len(r.id.namespace)+len(r.id.name))
	if r.object != nil {
		cost += int64(len(*r.object))
	}
	if r.typed != nil {
		cost += typedCost(r.typed)
	}
	return cost
}

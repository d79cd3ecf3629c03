package kubeevents

// delivery is what stands between the items of a subscription and its fn. Only what differs from what fn has been
// told is remembered, so that holding costs nothing and a burst costs one entry per object.
type delivery struct {
	on      bool
	due     *Snapshot          // Deliver was called before the first full list
	told    map[string]*record // what fn knew of objects that have changed since; nil: nothing
	queue   []*identity        // their order
	running bool
}

func (d *delivery) stop() {
	d.on, d.due, d.told, d.queue = false, nil, nil, nil
}

// Deliver has fn called from now on: first with one event for each object that differs from since, the snapshot on
// which the owner has acted, then with what happens. Several changes of an object that fn has not been told of yet
// are one event. Before the first full list, Deliver waits for it. Calling it again starts anew from the given
// snapshot.
func (s *Subscription) Deliver(since Snapshot) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.delivery.stop()
	if s.ended != nil || s.fn == nil {
		return
	}
	if !s.complete() {
		s.delivery.due = &since
		return
	}
	s.deliver(since)
}

// Hold stops the calls of fn until the next Deliver. One that has begun may still be running.
func (s *Subscription) Hold() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.delivery.stop()
}

func (s *Subscription) deliver(since Snapshot) {
	s.delivery = delivery{on: true, told: map[string]*record{}, running: s.delivery.running}
	before, now := since.records(), s.inOrder()
	for len(before) > 0 || len(now) > 0 {
		order := 0
		switch {
		case len(before) == 0:
			order = 1
		case len(now) == 0:
			order = -1
		default:
			order = compareIdentities(before[0].id, now[0].id)
		}
		var old, current *record
		if order <= 0 {
			old, before = before[0], before[1:]
		}
		if order >= 0 {
			current, now = now[0], now[1:]
		}
		id := old
		if id == nil {
			id = current
		}
		s.note(id.id.key(), id.id, old, current)
	}
}

// note remembers that an object is not, or no longer, as fn knows it.
func (s *Subscription) note(key string, id *identity, old, current *record) {
	if !s.delivery.on || same(old, current) {
		return
	}
	if _, known := s.delivery.told[key]; !known {
		s.delivery.told[key] = old
		s.delivery.queue = append(s.delivery.queue, id)
	}
	if !s.delivery.running {
		s.delivery.running = s.watcher.spawn(s.drain)
	}
}

// drain calls fn until there is nothing to tell. It runs only while there is.
func (s *Subscription) drain() {
	for {
		event, more := s.next()
		if !more {
			return
		}
		s.fn(event)
	}
}

func (s *Subscription) next() (Event, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for len(s.delivery.queue) > 0 && s.watcher.ctx.Err() == nil {
		id := s.delivery.queue[0]
		s.delivery.queue = s.delivery.queue[1:]
		key := id.key()
		old := s.delivery.told[key]
		delete(s.delivery.told, key)
		current := s.items[key]
		if !s.sees(id) {
			current = nil
		}
		if !same(old, current) {
			return change(old, current), true
		}
	}
	s.delivery.running = false
	return Event{}, false
}

func change(old, current *record) Event {
	switch {
	case old == nil:
		return Event{Added, current.item()}
	case current == nil:
		return Event{Deleted, old.item()}
	}
	return Event{Modified, current.item()}
}

package values

// Update tells a subscriber of one transaction.
type Update struct {
	View     View     // all effective values after it
	Pointers []string // the topmost places that differ; none when only flags or configuration did
	Origin   Origin   // when, by whom and why
}

type subscriber struct{ fn func(Update) }

// Subscribe calls fn after every transaction, in their order, from the goroutine that
// made it and before that one's call returns. So fn must be quick and must not write into
// the Store; reading is fine. After cancel has returned, fn is not called any more; cancel
// must not be called from fn.
func (s *Store) Subscribe(fn func(Update)) (cancel func()) {
	sub := &subscriber{fn}
	s.write.Lock()
	defer s.write.Unlock()
	s.subscribers[sub] = struct{}{}
	return func() {
		s.write.Lock()
		defer s.write.Unlock()
		delete(s.subscribers, sub)
	}
}

func (s *Store) tell(u Update) {
	for sub := range s.subscribers {
		sub.fn(u)
	}
}

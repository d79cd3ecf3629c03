package kubeevents

// followNamespaces subscribes to the namespaces that the owner's query selects by labels. All such subscriptions
// share one stream of namespaces.
func (w *Watcher) followNamespaces(owner *Subscription) (*Subscription, error) {
	query := Query{APIVersion: "v1", Kind: "Namespace", Labels: owner.selector.namespaceLabels}
	selector, err := newSelector(query)
	if err != nil {
		return nil, err
	}
	s := newSubscription(w, query, selector, nil)
	s.onPut = owner.allow
	s.onState = owner.namespacesAre
	return s, w.register(s)
}

// namespacesAre follows how well the namespaces are known.
func (s *Subscription) namespacesAre(state State) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.nsState = state
	s.judge()
}

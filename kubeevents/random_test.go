package kubeevents_test

import (
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/addonkit/addonkit/kubeevents"
	"github.com/addonkit/addonkit/kubeevents/kubeeventstest"
)

// subject is what the model drives: a subscription, or one with a planted bug.
type subject interface {
	Snapshot() kubeevents.Snapshot
	Deliver(kubeevents.Snapshot)
	Hold()
}

// plant puts a bug between the model and a subscription.
type plant struct {
	subject func(*kubeevents.Subscription) subject
	fn      func(func(kubeevents.Event)) func(kubeevents.Event)
}

func TestRandomInterleavings(t *testing.T) {
	runs := interleavings
	if testing.Short() {
		runs = 200
	}
	for seed := range runs {
		if complaint := interleave(t, uint64(seed), plant{}); complaint != "" {
			t.Fatalf("seed %d: %s", seed, complaint)
		}
	}
}

// The model is worth something only if it sees what it is for.
func TestPlantedBugsAreSeen(t *testing.T) {
	for name, bug := range map[string]plant{
		"dropped barrier": {subject: func(s *kubeevents.Subscription) subject { return noBarrier{s} }},
		"eager delivery":  {subject: func(s *kubeevents.Subscription) subject { return eager{s} }},
		"frozen store":    {subject: func(s *kubeevents.Subscription) subject { return &frozen{Subscription: s} }},
		"lost delete": {fn: func(fn func(kubeevents.Event)) func(kubeevents.Event) {
			return func(e kubeevents.Event) {
				if e.Type != kubeevents.Deleted {
					fn(e)
				}
			}
		}},
		"deaf to Hold": {subject: func(s *kubeevents.Subscription) subject { return deaf{s} }},
	} {
		t.Run(name, func(t *testing.T) {
			for seed := range 200 {
				if complaint := interleave(t, uint64(seed), bug); complaint != "" {
					t.Logf("seed %d: %s", seed, complaint)
					return
				}
			}
			t.Fatal("200 runs have not shown the bug")
		})
	}
}

type noBarrier struct{ *kubeevents.Subscription }

func (s noBarrier) Deliver(kubeevents.Snapshot) { s.Subscription.Deliver(s.Snapshot()) }

type eager struct{ *kubeevents.Subscription }

func (s eager) Snapshot() kubeevents.Snapshot {
	snapshot := s.Subscription.Snapshot()
	s.Subscription.Deliver(snapshot)
	return snapshot
}

type frozen struct {
	*kubeevents.Subscription
	once sync.Once
	held kubeevents.Snapshot
}

func (s *frozen) Snapshot() kubeevents.Snapshot {
	s.once.Do(func() { s.held = s.Subscription.Snapshot() })
	return s.held
}

type deaf struct{ *kubeevents.Subscription }

func (deaf) Hold() {}

// model is an owner of a subscription that believes what it is told.
type model struct {
	mu        sync.Mutex
	listening bool
	known     map[string]int64
	complaint string
}

func (m *model) event(e kubeevents.Event) {
	m.mu.Lock()
	defer m.mu.Unlock()
	old, had := m.known[e.Name]
	value, _ := e.Result.(int64)
	switch {
	case !m.listening:
		m.complain("%s of %s while nobody listens", e.Type, e.Name)
	case e.Type == kubeevents.Added && had, e.Type != kubeevents.Added && !had:
		m.complain("%s of %s, which was known: %t", e.Type, e.Name, had)
	case e.Type == kubeevents.Modified && value <= old:
		m.complain("%s went from %d back to %d", e.Name, old, value)
	}
	if e.Type == kubeevents.Deleted {
		delete(m.known, e.Name)
	} else {
		m.known[e.Name] = value
	}
}

func (m *model) complain(format string, args ...any) {
	if m.complaint == "" {
		m.complaint = fmt.Sprintf(format, args...)
	}
}

func (m *model) begin(s kubeevents.Snapshot) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.known = contents(s)
}

func (m *model) listen(on bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.listening = on
}

func contents(s kubeevents.Snapshot) map[string]int64 {
	known := map[string]int64{}
	for item := range s.All() {
		known[item.Name], _ = item.Result.(int64)
	}
	return known
}

// interleave lets a cluster change and fail at random while an owner synchronizes, listens, holds and starts again,
// and returns what the owner had to complain of.
func interleave(t *testing.T, seed uint64, bug plant) (complaint string) {
	synctest.Test(t, func(t *testing.T) {
		random := rand.New(rand.NewPCG(seed, 1))
		c := kubeeventstest.NewCluster(kubeeventstest.ConfigMaps(), kubeeventstest.Namespaces())
		c.Apply("{apiVersion: v1, kind: Namespace, metadata: {name: a, labels: {\"on\": \"yes\"}}}")
		watcher := kubeeventstest.Start(t, c)
		value := int64(0)
		truth := map[string]int64{}
		m := &model{known: map[string]int64{}}

		query := kubeevents.Query{Kind: "ConfigMap", Filter: kubeevents.FilterFunc(func(o *unstructured.Unstructured) (any, error) {
			return o.Object["data"].(map[string]any)["value"], nil
		})}
		shown := true // the namespace has the label
		switch random.IntN(4) {
		case 3:
			query.NamespaceLabels = &metav1.LabelSelector{MatchLabels: map[string]string{"on": "yes"}}
		case 1:
			query.Labels = &metav1.LabelSelector{MatchLabels: map[string]string{"on": "yes"}}
		case 2:
			query.Namespaces = []string{"a"}
		}
		subscribe := func() (subject, *kubeevents.Subscription) {
			fn := m.event
			if bug.fn != nil {
				fn = bug.fn(fn)
			}
			s, err := watcher.Subscribe(query, fn)
			require.NoError(t, err)
			if bug.subject != nil {
				return bug.subject(s), s
			}
			return s, s
		}
		s, actual := subscribe()

		write := func() {
			value++
			name := fmt.Sprint("o", random.IntN(5))
			object := map[string]any{"apiVersion": "v1", "kind": "ConfigMap", "data": map[string]any{"value": value}}
			labels := map[string]any{}
			seen := query.Labels == nil || random.IntN(3) > 0
			if seen {
				labels["on"] = "yes"
			}
			object["metadata"] = map[string]any{"namespace": "a", "name": name, "labels": labels}
			c.Put(object)
			if seen {
				truth[name] = value
			} else {
				delete(truth, name)
			}
		}
		remove := func() {
			name := fmt.Sprint("o", random.IntN(5))
			c.Delete(kubeeventstest.ConfigMaps(), "a", name)
			delete(truth, name)
		}
		away := func(err error) {
			c.Refuse(kubeeventstest.Request{Verb: "watch", Resource: "*"}, err)
			c.Refuse(kubeeventstest.Request{Verb: "list", Resource: "*"}, err)
		}
		errs := []error{errors.New("connection reset"), apierrors.NewTooManyRequests("later", 1), apierrors.NewInternalError(errors.New("oops")), apierrors.NewForbidden(configMaps.GroupResource(), "", errors.New("no"))}

		synchronize := func() {
			if actual.Wait(t.Context()) != nil {
				return
			}
			snapshot := s.Snapshot()
			m.begin(snapshot)
			for range random.IntN(3) { // the world goes on while the owner acts
				write()
				remove()
			}
			synctest.Wait()
			m.listen(true)
			s.Deliver(snapshot)
		}
		hold := func() {
			s.Hold()
			synctest.Wait()
			m.listen(false)
		}
		for range 30 {
			switch random.IntN(18) {
			case 0, 1, 2, 3, 4:
				write()
			case 5, 6:
				remove()
			case 7:
				c.Disconnect()
			case 8:
				c.Forget()
				c.Disconnect()
			case 9:
				away(errs[random.IntN(len(errs))])
				c.Disconnect()
				write()
				remove()
				time.Sleep(time.Duration(random.IntN(3000)) * time.Millisecond)
				away(nil)
			case 10:
				time.Sleep(time.Duration(random.IntN(100)) * time.Millisecond)
			case 11:
				hold()
				synchronize()
			case 12:
				hold()
			case 13: // a second owner comes and goes
				other, err := watcher.Subscribe(kubeevents.Query{Kind: "ConfigMap", Full: true, Namespaces: query.Namespaces}, nil)
				require.NoError(t, err)
				if random.IntN(2) == 0 {
					_ = other.Wait(t.Context())
				}
				other.Close()
			case 14: // begin anew
				hold()
				actual.Close()
				s, actual = subscribe()
			case 15:
				c.Tear(random.IntN(3))
			case 16:
				if query.NamespaceLabels != nil {
					shown = !shown
					c.Apply(fmt.Sprintf("{apiVersion: v1, kind: Namespace, metadata: {name: a, labels: {\"on\": %q}}}", map[bool]string{true: "yes", false: "no"}[shown]))
				}
			case 17:
				synctest.Wait()
			}
		}
		away(nil)
		hold()
		time.Sleep(2 * time.Minute)
		synchronize()
		write()
		remove()
		synctest.Wait()
		if !shown {
			truth = map[string]int64{}
		}
		m.mu.Lock()
		defer m.mu.Unlock()
		if !maps.Equal(m.known, truth) {
			m.complain("the owner knows %v, the truth is %v", m.known, truth)
		}
		if got := contents(s.Snapshot()); !maps.Equal(got, truth) {
			m.complain("the snapshot is %v, the truth %v", got, truth)
		}
		complaint = m.complaint
	})
	return complaint
}

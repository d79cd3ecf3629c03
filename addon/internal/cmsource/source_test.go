package cmsource

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-logr/logr"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/kubernetes/fake"
	clienttesting "k8s.io/client-go/testing"

	"github.com/addonkit/addonkit/values"
	"github.com/addonkit/addonkit/values/valuestest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestSource(t *testing.T) {
	valuestest.TestSource(t, func(*testing.T) valuestest.Fixture {
		c := fake.NewClientset()
		return valuestest.Fixture{
			Source: New(c, "ns", "config", logr.Discard()),
			Edit: func(tb testing.TB, section string, doc map[string]any, enabled *bool) {
				tb.Helper()
				text, err := encode(doc)
				require.NoError(tb, err)
				flag := ""
				if enabled != nil {
					flag = map[bool]string{true: "true", false: "false"}[*enabled]
				}
				edit(tb, c, func(data map[string]string) {
					set(data, section, text)
					set(data, section+"Enabled", flag)
				})
			},
		}
	})
}

// edit changes the ConfigMap from outside; it is made if need be.
func edit(tb testing.TB, c *fake.Clientset, change func(map[string]string)) {
	tb.Helper()
	maps := c.CoreV1().ConfigMaps("ns")
	cm, err := maps.Get(tb.Context(), "config", metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		cm, err = maps.Create(tb.Context(), &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "config"}}, metav1.CreateOptions{})
	}
	require.NoError(tb, err)
	cm = cm.DeepCopy()
	cm.Data = clone(cm.Data)
	change(cm.Data)
	_, err = maps.Update(tb.Context(), cm, metav1.UpdateOptions{})
	require.NoError(tb, err)
}

// put sets the section alpha from outside.
func put(tb testing.TB, c *fake.Clientset, text string) {
	tb.Helper()
	edit(tb, c, func(data map[string]string) { set(data, "alpha", text) })
}

// pause waits in virtual time.
func pause(d time.Duration) { <-time.After(d) }

// audience watches a source in a bubble and notes what it is told.
type audience struct {
	mu   sync.Mutex
	told []values.Config
}

func listen(t *testing.T, s *Source) *audience {
	t.Helper()
	a := &audience{}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() {
		ended <- s.Watch(ctx, func(c values.Config) {
			a.mu.Lock()
			defer a.mu.Unlock()
			a.told = append(a.told, c)
		})
	}()
	t.Cleanup(func() { cancel(); require.NoError(t, <-ended) })
	synctest.Wait()
	return a
}

func (a *audience) count() int {
	synctest.Wait()
	a.mu.Lock()
	defer a.mu.Unlock()
	return len(a.told)
}

func (a *audience) last() values.Config {
	synctest.Wait()
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.told[len(a.told)-1]
}

func TestDeletionIsAnEmptyConfiguration(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := fake.NewClientset()
		put(t, c, "a: 1")
		a := listen(t, New(c, "ns", "config", logr.Discard()))
		require.Contains(t, a.last().Sections, "alpha")
		require.NoError(t, c.CoreV1().ConfigMaps("ns").Delete(t.Context(), "config", metav1.DeleteOptions{}))
		require.Empty(t, a.last().Sections)
		put(t, c, "a: 2")
		require.Equal(t, "a: 2", string(a.last().Sections["alpha"].Data))
		require.Equal(t, "ConfigMap ns/config, key alpha", a.last().Sections["alpha"].File)
		require.Equal(t, 3, a.count(), "present, gone, filled")
	})
}

func TestAMalformedSectionHarmsOnlyItself(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := fake.NewClientset()
		edit(t, c, func(data map[string]string) {
			data["alpha"], data["beta"], data["gamma"], data["deltaEnabled"] = "a: [", "b: 1", "false", "yes"
		})
		got := listen(t, New(c, "ns", "config", logr.Discard())).last().Sections
		require.Error(t, got["alpha"].Err)
		require.NoError(t, got["beta"].Err)
		require.ErrorContains(t, got["gamma"].Err, "ConfigMap ns/config, key gamma")
		require.Error(t, got["delta"].Err)
	})
}

func TestOthersAndTouchesAreNotTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := fake.NewClientset()
		put(t, c, "a: 1")
		a := listen(t, New(c, "ns", "config", logr.Discard()))
		c.ClearActions()
		_, err := c.CoreV1().ConfigMaps("ns").Create(t.Context(), &corev1.ConfigMap{
			ObjectMeta: metav1.ObjectMeta{Name: "other"}, Data: map[string]string{"alpha": "a: 9"},
		}, metav1.CreateOptions{})
		require.NoError(t, err)
		edit(t, c, func(map[string]string) {})
		require.Equal(t, 1, a.count())
		require.NotContains(t, verbs(c), "list", "an event with known content needs no read")
	})
}

func TestAtRestNothingIsSent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := fake.NewClientset()
		put(t, c, "a: 1")
		a := listen(t, New(c, "ns", "config", logr.Discard()))
		c.ClearActions()
		pause(7 * 24 * time.Hour)
		require.Equal(t, 1, a.count())
		require.Empty(t, c.Actions())
	})
}

func TestTheWatchIsReopenedWhereItEnded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := fake.NewClientset()
		put(t, c, "a: 1")
		var open []watch.Interface
		c.PrependWatchReactor("configmaps", func(action clienttesting.Action) (bool, watch.Interface, error) {
			watching, is := action.(clienttesting.WatchActionImpl)
			require.True(t, is)
			w, err := c.Tracker().Watch(action.GetResource(), "ns", watching.ListOptions)
			open = append(open, w)
			return true, w, err
		})
		a := listen(t, New(c, "ns", "config", logr.Discard()))
		for range 10 {
			c.ClearActions()
			pause(5*time.Minute - time.Second)
			open[len(open)-1].Stop()
			synctest.Wait()
			require.Equal(t, []string{"watch"}, verbs(c))
		}
		require.Equal(t, 1, a.count())
		put(t, c, "a: 2")
		require.Equal(t, "a: 2", string(a.last().Sections["alpha"].Data))
	})
}

func TestAServerThatIsAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := fake.NewClientset()
		put(t, c, "a: 1")
		var back atomic.Bool
		refuse := func(clienttesting.Action) (bool, runtime.Object, error) {
			return !back.Load(), nil, errors.New("connection refused")
		}
		c.PrependReactor("list", "configmaps", refuse)
		c.ClearActions()
		a := listen(t, New(c, "ns", "config", logr.Discard()))
		pause(10 * time.Minute)
		require.Zero(t, a.count())
		tries := len(c.Actions())
		require.Greater(t, tries, 20, "it goes on")
		require.Less(t, tries, 35, "at growing intervals")
		back.Store(true)
		pause(lastDelay)
		require.Contains(t, a.last().Sections, "alpha")
	})
}

func TestNothingIsMissedWhileAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := fake.NewClientset()
		put(t, c, "a: 1")
		broken := watch.NewFake()
		first := true
		c.PrependWatchReactor("configmaps", func(clienttesting.Action) (bool, watch.Interface, error) {
			defer func() { first = false }()
			return first, broken, nil
		})
		a := listen(t, New(c, "ns", "config", logr.Discard()))
		put(t, c, "a: 2") // the first watch does not tell
		require.Equal(t, 1, a.count())
		broken.Error(&metav1.Status{Status: metav1.StatusFailure, Reason: metav1.StatusReasonExpired, Code: 410})
		pause(2 * time.Second)
		require.Equal(t, "a: 2", string(a.last().Sections["alpha"].Data))
		put(t, c, "a: 3")
		require.Equal(t, "a: 3", string(a.last().Sections["alpha"].Data))
	})
}

func TestSaveGetsThroughOthersWrites(t *testing.T) {
	c := fake.NewClientset()
	put(t, c, "a: 1")
	left := 3
	c.PrependReactor("update", "configmaps", func(action clienttesting.Action) (bool, runtime.Object, error) {
		if left--; left < 0 {
			return false, nil, nil
		}
		object, err := c.Tracker().Get(action.GetResource(), "ns", "config")
		require.NoError(t, err)
		cm, is := object.(*corev1.ConfigMap)
		require.True(t, is)
		moved := cm.DeepCopy()
		moved.Data["beta"] += "# more\n"
		require.NoError(t, c.Tracker().Update(action.GetResource(), moved, "ns"))
		return true, nil, apierrors.NewConflict(corev1.Resource("configmaps"), "config", errors.New("moved"))
	})
	s := New(c, "ns", "config", logr.Discard())
	_, err := s.Save(t.Context(), "alpha", map[string]any{"a": 2}, fingerprint(map[string]string{"alpha": "a: 1"}))
	require.NoError(t, err)
	cm, err := c.CoreV1().ConfigMaps("ns").Get(t.Context(), "config", metav1.GetOptions{})
	require.NoError(t, err)
	require.Equal(t, map[string]string{"alpha": "a: 2\n", "beta": "# more\n# more\n# more\n"}, cm.Data)
}

func TestSaveOfTheSameWritesNothing(t *testing.T) {
	c := fake.NewClientset()
	s := New(c, "ns", "config", logr.Discard())
	version, err := s.Save(t.Context(), "alpha", map[string]any{"a": 1}, "")
	require.NoError(t, err)
	c.ClearActions()
	again, err := s.Save(t.Context(), "alpha", map[string]any{"a": 1}, version)
	require.NoError(t, err)
	require.Equal(t, version, again)
	require.Equal(t, []string{"get"}, verbs(c))
}

func TestSaveErrorsNameThePlace(t *testing.T) {
	c := fake.NewClientset()
	put(t, c, "a: s3cret")
	s := New(c, "ns", "config", logr.Discard())
	_, err := s.Save(t.Context(), "alpha", map[string]any{"a": "other"}, "")
	require.ErrorIs(t, err, values.ErrConflict)
	require.EqualError(t, err, "ConfigMap ns/config, key alpha: the section was changed by someone else")
}

// A receiver that puts an older state in force after a Save has been committed elsewhere is told again.
func TestASaveWhileTellingIsToldAfter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := fake.NewClientset()
		put(t, c, "a: 1")
		s := New(c, "ns", "config", logr.Discard())
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		var told []string
		go func() {
			_ = s.Watch(ctx, func(c values.Config) {
				pause(time.Minute)
				told = append(told, string(c.Sections["alpha"].Data))
			})
		}()
		synctest.Wait()
		_, err := s.Save(t.Context(), "alpha", map[string]any{"a": 2}, fingerprint(map[string]string{"alpha": "a: 1"}))
		require.NoError(t, err)
		pause(time.Hour)
		synctest.Wait()
		require.Equal(t, []string{"a: 1", "a: 2\n"}, told)
		cancel()
		synctest.Wait()
	})
}

func verbs(c *fake.Clientset) (verbs []string) {
	for _, a := range c.Actions() {
		verbs = append(verbs, a.GetVerb())
	}
	return verbs
}

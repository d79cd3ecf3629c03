package kubeeventstest_test

import (
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/addonkit/addonkit/kubeevents"
	"github.com/addonkit/addonkit/kubeevents/kubeeventstest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func settings(name, value string) string {
	return fmt.Sprintf("{apiVersion: v1, kind: ConfigMap, metadata: {namespace: default, name: %s}, data: {value: %q}}", name, value)
}

func TestWatcherOnCluster(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := kubeeventstest.NewCluster(kubeeventstest.ConfigMaps())
		c.Apply(settings("one", "a"))
		watcher := kubeeventstest.Start(t, c)
		var events []string
		s, err := watcher.Subscribe(kubeevents.Query{Kind: "cm", Full: true}, func(e kubeevents.Event) {
			events = append(events, string(e.Type)+" "+e.Name)
		})
		require.NoError(t, err)
		require.NoError(t, s.Wait(t.Context()))
		s.Deliver(s.Snapshot())

		c.Apply(settings("two", "b"))
		synctest.Wait()
		c.Apply(settings("one", "c"))
		synctest.Wait()
		c.Disconnect()
		c.Delete(kubeeventstest.ConfigMaps(), "default", "one")
		time.Sleep(time.Minute)
		synctest.Wait()
		require.Equal(t, []string{"Added two", "Modified one", "Deleted one"}, events)
		require.Equal(t, 0, c.Requests(kubeeventstest.Request{Verb: "list", Resource: "configmaps"}), "lists are streamed")
		require.Equal(t, 2, c.Requests(kubeeventstest.Request{Verb: "watch", Resource: "configmaps"}))

		c.Refuse(kubeeventstest.Request{Verb: "watch", Resource: "*"}, errors.New("away"))
		c.Disconnect()
		c.Delete(kubeeventstest.ConfigMaps(), "default", "two")
		c.Forget()
		time.Sleep(time.Minute)
		require.Equal(t, kubeevents.Failing, s.State().Phase)
		c.Refuse(kubeeventstest.Request{Verb: "watch", Resource: "*"}, nil)
		require.NoError(t, s.Wait(t.Context()))
		synctest.Wait()
		require.Equal(t, []string{"Added two", "Modified one", "Deleted one", "Deleted two"}, events)
		require.Empty(t, c.Objects(kubeeventstest.ConfigMaps()))
	})
}

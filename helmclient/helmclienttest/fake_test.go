package helmclienttest_test

import (
	"testing"
	"testing/synctest"

	"github.com/addonkit/addonkit/helmclient"
	"github.com/addonkit/addonkit/helmclient/helmclienttest"
)

func subject(*testing.T) helmclienttest.Subject {
	f := helmclienttest.New()
	return helmclienttest.Subject{
		Client:     f,
		Restart:    func() helmclient.Client { return f.Another("") },
		Another:    func() helmclient.Client { return f.Another("other") },
		Namespaces: [2]string{"one", "two"},
		Object:     f.Object,
		Remove:     func(kind, ns, name string) { f.Remove(kind, ns, name) },
		History: func(ns, name string) []string {
			var out []string
			for _, s := range f.History(ns, name) {
				out = append(out, s.State)
			}
			return out
		},
		Interrupt: func(r helmclient.Request, another bool) {
			instance := "addonkit"
			if another {
				instance = "other"
			}
			f.Interrupt(r.Namespace, r.Name, instance)
		},
	}
}

func TestFake(t *testing.T) { helmclienttest.TestClient(t, subject) }

func TestFakeInBubble(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := helmclienttest.New()
		r := helmclient.Request{Name: "web", Namespace: "one", Chart: helmclienttest.ConfigMaps(t, "a")}
		if _, err := f.Apply(t.Context(), r); err != nil {
			t.Fatal(err)
		}
	})
}

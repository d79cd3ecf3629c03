package helmclienttest

import (
	"context"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/addonkit/addonkit/helmclient"
)

const faultVariable = "ADDONKIT_TEST_FAULT"

// faults are ways to break a good client, each of which the suite has to notice.
func faults() map[string]func(*Fake) helmclient.Client {
	apply := func(change func(*helmclient.Request)) func(*Fake) helmclient.Client {
		return func(f *Fake) helmclient.Client {
			return faulty{Fake: f, apply: func(ctx context.Context, r helmclient.Request) (helmclient.Result, error) {
				change(&r)
				return f.Apply(ctx, r)
			}}
		}
	}
	after := func(do func(f *Fake, before map[helmclient.Object]*object, r helmclient.Request)) func(*Fake) helmclient.Client {
		return func(f *Fake) helmclient.Client {
			return faulty{Fake: f, apply: func(ctx context.Context, r helmclient.Request) (helmclient.Result, error) {
				f.state.mu.Lock()
				before := maps.Clone(f.state.objects)
				f.state.mu.Unlock()
				res, err := f.Apply(ctx, r)
				f.state.mu.Lock()
				defer f.state.mu.Unlock()
				do(f, before, r)
				return res, err
			}}
		}
	}
	return map[string]func(*Fake) helmclient.Client{
		"nothing is pruned": after(func(f *Fake, before map[helmclient.Object]*object, _ helmclient.Request) {
			for k, o := range before {
				if f.state.objects[k] == nil {
					f.state.objects[k] = o
				}
			}
		}),
		"earlier revisions stay deployed": after(func(f *Fake, _ map[helmclient.Object]*object, r helmclient.Request) {
			for _, rev := range f.state.releases[r.Namespace+"/"+r.Name] {
				rev.status.State = "deployed"
			}
		}),
		"inputs are forgotten": after(func(f *Fake, _ map[helmclient.Object]*object, r helmclient.Request) {
			for _, rev := range f.state.releases[r.Namespace+"/"+r.Name] {
				rev.status.Digest = ""
			}
		}),
		"labels are left out":              apply(func(r *helmclient.Request) { r.Labels = nil }),
		"foreign revisions are taken":      apply(func(r *helmclient.Request) { r.TakeOver = true }),
		"foreign objects are taken":        apply(func(r *helmclient.Request) { r.Adopt = helmclient.AdoptAny }),
		"history is not bounded":           apply(func(r *helmclient.Request) { r.History = 1000 }),
		"a missing object is not put back": apply(func(r *helmclient.Request) { r.Repair = false }),
		"writes after cancel": func(f *Fake) helmclient.Client {
			return faulty{Fake: f, apply: func(ctx context.Context, r helmclient.Request) (helmclient.Result, error) {
				return f.Apply(context.WithoutCancel(ctx), r)
			}}
		},
		"errors tell values": func(f *Fake) helmclient.Client {
			return faulty{Fake: f, apply: func(ctx context.Context, r helmclient.Request) (helmclient.Result, error) {
				res, err := f.Apply(ctx, r)
				if err != nil {
					err = fmt.Errorf("%w: values %v", err, r.Values)
				}
				return res, err
			}}
		},
		"records go before objects": func(f *Fake) helmclient.Client {
			return faulty{Fake: f, apply: f.Apply, purge: true}
		},
	}
}

// faulty is a client with a fault.
type faulty struct {
	*Fake
	apply func(context.Context, helmclient.Request) (helmclient.Result, error)
	purge bool
}

func (f faulty) Apply(ctx context.Context, r helmclient.Request) (helmclient.Result, error) {
	return f.apply(ctx, r)
}

func (f faulty) Delete(ctx context.Context, r helmclient.DeleteRequest) (helmclient.Result, error) {
	r.Orphan = r.Orphan || f.purge
	return f.Fake.Delete(ctx, r)
}

func TestTheSuiteCatchesFaults(t *testing.T) {
	run := func(fault string) ([]byte, error) {
		cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestFaultyClient$")
		cmd.Env = append(os.Environ(), faultVariable+"="+fault)
		return cmd.CombinedOutput()
	}
	out, err := run("none")
	require.NoError(t, err, "%s", out)
	for fault := range faults() {
		t.Run(fault, func(t *testing.T) {
			out, err := run(fault)
			require.Error(t, err, "the suite passed")
			require.Contains(t, string(out), "--- FAIL: TestFaultyClient/")
		})
	}
}

// TestFaultyClient is what TestTheSuiteCatchesFaults runs in a process of its own.
func TestFaultyClient(t *testing.T) {
	fault := os.Getenv(faultVariable)
	if fault == "" {
		t.Skip("runs as a child of TestTheSuiteCatchesFaults only")
	}
	spoil := faults()[fault]
	TestClient(t, func(*testing.T) Subject {
		f := New()
		client := func(f *Fake) helmclient.Client {
			if spoil == nil {
				return f
			}
			return spoil(f)
		}
		return Subject{
			Client:     client(f),
			Restart:    func() helmclient.Client { return client(f.Another("")) },
			Another:    func() helmclient.Client { return client(f.Another("other")) },
			Namespaces: [2]string{"one", "two"},
			Object:     f.Object,
			Remove:     func(kind, ns, name string) { f.Remove(kind, ns, name) },
			History: func(ns, name string) (out []string) {
				for _, s := range f.History(ns, name) {
					out = append(out, s.State)
				}
				return out
			},
			Interrupt: func(r helmclient.Request, another bool) {
				f.Interrupt(r.Namespace, r.Name, map[bool]string{false: "addonkit", true: "other"}[another])
			},
		}
	})
}

package addon_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/addonkit/addonkit/addon"
	"github.com/addonkit/addonkit/helmclient"
	"github.com/addonkit/addonkit/helmclient/helmclienttest"
	"github.com/addonkit/addonkit/hooks"
	"github.com/addonkit/addonkit/kubeevents"
	"github.com/addonkit/addonkit/values"
)

// plain is a module of one ConfigMap that holds the values it sees.
func plain(name string, order int) addon.Module {
	return addon.Module{Name: name, Order: order, Chart: chartOf(`
apiVersion: v1
kind: ConfigMap
metadata: {name: "{{ .Release.Name }}"}
data: {values: {{ .Values | toJson | quote }}}
`)}
}

// applied lists the releases in the order of their first Apply.
func applied(helm *helmclienttest.Fake) []string {
	var names []string
	for _, c := range helm.Calls() {
		if c.Method == "Apply" && !slices.Contains(names, c.Name) {
			names = append(names, c.Name)
		}
	}
	return names
}

func (b *bench) sees(release string) string {
	b.t.Helper()
	object := b.helm.Object("ConfigMap", "ns", release)
	require.NotNil(b.t, object, "release %s", release)
	return object.Object["data"].(map[string]any)["values"].(string)
}

func TestModulesStartByOrder(t *testing.T) {
	modules := []addon.Module{plain("late", 30), plain("early", 10), plain("middle", 20), plain("second", 20)}
	within(t, addon.Options{Modules: modules}, nil, func(b *bench) {
		order := applied(b.helm)
		require.Equal(t, "early", order[0])
		require.ElementsMatch(t, []string{"middle", "second"}, order[1:3])
		require.Equal(t, "late", order[3])
	})
}

func TestAFailingModuleHarmsThoseThatNeedItOnly(t *testing.T) {
	helm := helmclienttest.New()
	var mended atomic.Bool
	helm.Before = func(_ context.Context, c helmclienttest.Call) error {
		if c.Method == "Apply" && c.Name == "bad" && !mended.Load() {
			return errors.New("no such luck")
		}
		return nil
	}
	needy := plain("needy", 20)
	needy.Needs = []addon.Need{{Module: "bad"}}
	within(t, addon.Options{Helm: helm, Modules: []addon.Module{plain("bad", 10), needy, plain("good", 30)}}, nil, func(b *bench) {
		require.NoError(t, b.op.Ready(t.Context()))
		require.Equal(t, "Failed r0 default", b.phase("bad"))
		require.Equal(t, "Waiting r0 default"+"bad", b.phase("needy"))
		require.Equal(t, "Ready r1 default", b.phase("good"))
		s, _ := b.op.Module("bad").Status()
		require.Contains(t, s.Message, "no such luck")
		require.Equal(t, 1, s.Attempts)

		mended.Store(true)
		time.Sleep(10 * time.Second) // of the bubble: the backoff of the first retry
		b.settle()
		require.Equal(t, "Ready r1 default", b.phase("bad"))
		require.Equal(t, "Ready r1 default", b.phase("needy"))
	})
}

func TestAHangingModuleHoldsBackHigherOrdersForTheTimeoutOnly(t *testing.T) {
	helm := helmclienttest.New()
	helm.Before = func(ctx context.Context, c helmclienttest.Call) error {
		if c.Method == "Apply" && c.Name == "hangs" {
			<-ctx.Done()
			return ctx.Err()
		}
		return nil
	}
	o := addon.Options{Helm: helm, OrderTimeout: 30 * time.Second, Modules: []addon.Module{plain("hangs", 10), plain("beside", 10), plain("above", 20)}}
	within(t, o, nil, func(b *bench) {
		require.Equal(t, "Ready r1 default", b.phase("beside"))
		require.Equal(t, "Waiting r0 default", b.phase("above"))
		require.ErrorContains(t, b.op.Ready(t.Context()), "hangs is Running")
		time.Sleep(30 * time.Second)
		b.settle()
		require.Equal(t, "Ready r1 default", b.phase("above"))
		require.NoError(t, b.op.Ready(t.Context()))
	})
}

func TestPurgeTakesOrphansOfOursAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		helm := helmclienttest.New()
		chart := helmclienttest.ConfigMaps(t, "x")
		for name, client := range map[string]helmclient.Client{"orphan": helm, "off": helm, "stranger": helm.Another("other")} {
			_, err := client.Apply(t.Context(), helmclient.Request{Name: name, Namespace: "ns", Chart: chart})
			require.NoError(t, err)
		}
		off := plain("off", 10)
		off.OffByDefault = true
		op, err := addon.New(addon.Options{Helm: helm, Namespace: "ns", Modules: []addon.Module{plain("on", 10), off}, Clients: fakeClients()})
		require.NoError(t, err)
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- op.Run(ctx) }()
		time.Sleep(3 * time.Second)
		synctest.Wait()
		cancel()
		require.NoError(t, <-ended)

		list, err := helm.List(t.Context(), "ns")
		require.NoError(t, err)
		var names []string
		for _, s := range list {
			names = append(names, s.Name)
		}
		require.Equal(t, []string{"on", "stranger"}, names)
	})
}

// The strongest opinion counts; a decider can only say no; one that fails
// leaves the module as it was.
func TestWhoEnables(t *testing.T) {
	no := false
	var lost atomic.Bool
	module := plain("web", 10)
	module.OffByDefault = true
	module.Values = values.Spec{Static: []values.File{{Name: "values.yaml", Data: []byte("webEnabled: true")}}}
	module.Enabled = func(_ context.Context, in addon.EnabledInput) (addon.Decision, error) {
		if lost.Load() {
			return addon.Decision{}, errors.New("cannot tell")
		}
		if size, _ := values.Get[int](in.Config, "/web/size"); size > 9 {
			return addon.Decision{Enabled: &no, Reason: "too large"}, nil
		}
		return addon.Decision{}, nil
	}
	flag := hooks.Hook{
		Name:  "flag",
		Watch: []hooks.Watch{{Name: "nodes", Query: kubeevents.Query{APIVersion: "v1", Kind: "Node"}}},
		Run: func(_ context.Context, in *hooks.Input, out *hooks.Output) error {
			out.Enable("web", in.Snapshot("nodes").Len() == 1)
			return nil
		},
	}
	o := addon.Options{Modules: []addon.Module{module}, Global: addon.Global{Hooks: hooks.Static(flag)}}
	within(t, o, []runtime.Object{node("one"), node("two")}, func(b *bench) {
		require.Equal(t, "Disabled r0 hook", b.phase("web"))
		b.configure(map[string]string{"webEnabled": "true"})
		require.Equal(t, "Ready r1 config", b.phase("web"))
		b.configure(map[string]string{"webEnabled": "true", "web": "size: 10"})
		require.Equal(t, "Ready r2 config", b.phase("web"), "a section alone asks for no decision")
		b.configure(map[string]string{"webEnabled": "true", "web": "size: 10", "global": "a: 1"})
		require.Equal(t, "Disabled r0 script", b.phase("web"))
		s, _ := b.op.Module("web").Status()
		require.Equal(t, "too large", s.EnabledReason)

		lost.Store(true)
		b.configure(map[string]string{"webEnabled": "true", "global": "a: 2"})
		require.Equal(t, "Disabled r0 script", b.phase("web"))
		s, _ = b.op.Module("web").Status()
		require.Contains(t, s.Message, "cannot tell")
		lost.Store(false)
		time.Sleep(10 * time.Second)
		b.settle()
		require.Equal(t, "Ready r1 config", b.phase("web"))

		gvr := schemaOf("nodes")
		require.NoError(t, b.dynamic.Resource(gvr).Delete(t.Context(), "two", metav1.DeleteOptions{}))
		b.configure(map[string]string{"global": "a: 2"})
		require.Equal(t, "Ready r1 hook", b.phase("web"))
	})
}

// Global values of a hook reach every release; beforeAll and afterAll run once
// for each converge, and flags of hooks are known before the first decision.
func TestGlobalHooks(t *testing.T) {
	var ran journal[string]
	note := func(name string, set func(*hooks.Output)) hooks.Func {
		return func(_ context.Context, _ *hooks.Input, out *hooks.Output) error {
			ran.add(name)
			if set != nil {
				set(out)
			}
			return nil
		}
	}
	global := addon.Global{Hooks: hooks.Static(
		hooks.Hook{Name: "start", On: hooks.On{hooks.Startup: 1}, Run: note("start", func(out *hooks.Output) { out.Values.Set("/region", "north") })},
		hooks.Hook{Name: "before", On: hooks.On{hooks.BeforeAll: 1}, Run: note("before", nil)},
		hooks.Hook{Name: "after", On: hooks.On{hooks.AfterAll: 1}, Run: note("after", nil)},
	)}
	within(t, addon.Options{Global: global, Modules: []addon.Module{plain("a", 10), plain("b", 20)}}, nil, func(b *bench) {
		require.Equal(t, []string{"start", "before", "after"}, ran.all())
		require.JSONEq(t, `{"a":{},"global":{"region":"north"}}`, b.sees("a"))
		require.JSONEq(t, `{"b":{},"global":{"region":"north"}}`, b.sees("b"))
		b.configure(map[string]string{"global": "zone: z1"})
		require.Equal(t, []string{"start", "before", "after", "before", "after"}, ran.all())
		require.JSONEq(t, `{"a":{},"global":{"region":"north","zone":"z1"}}`, b.sees("a"))
	})
}

// A hook's configuration patch is written back, is not taken for a change by
// somebody else, and outlives the operator.
func TestConfigurationIsWrittenBack(t *testing.T) {
	var runs atomic.Int64
	module := plain("web", 10)
	module.Hooks = hooks.Static(hooks.Hook{Name: "token", On: hooks.On{hooks.BeforeHelm: 1}, Run: func(_ context.Context, in *hooks.Input, out *hooks.Output) error {
		runs.Add(1)
		if !in.Config.Exists("/token") {
			out.Config.Set("/token", "t1")
		}
		return nil
	}})
	within(t, addon.Options{Modules: []addon.Module{module}}, nil, func(b *bench) {
		cm, err := b.kube.CoreV1().ConfigMaps("ns").Get(t.Context(), "addonkit", metav1.GetOptions{})
		require.NoError(t, err)
		require.Equal(t, "token: t1", strings.TrimSpace(cm.Data["web"]))
		require.JSONEq(t, `{"global":{},"web":{"token":"t1"}}`, b.sees("web"))
		require.Equal(t, "Ready r1 default", b.phase("web"))
		require.EqualValues(t, 1, runs.Load())
	})
}

// If an object change fails, nothing of the run's values is committed, and the
// retry carries out the whole Output of a new run.
func TestValuesWaitForObjectChanges(t *testing.T) {
	var allowed atomic.Bool
	module := plain("web", 10)
	module.Hooks = hooks.Static(hooks.Hook{Name: "both", On: hooks.On{hooks.BeforeHelm: 1}, Run: func(_ context.Context, _ *hooks.Input, out *hooks.Output) error {
		out.Values.Set("/ready", true)
		kind := "ConfigMap"
		if !allowed.Load() {
			kind = "NoSuchKind"
		}
		out.Create(hooks.CreateOrUpdate, map[string]any{"apiVersion": "v1", "kind": kind, "metadata": map[string]any{"name": "made", "namespace": "ns"}})
		return nil
	}})
	within(t, addon.Options{Modules: []addon.Module{module}}, nil, func(b *bench) {
		require.Equal(t, "Failed r0 default", b.phase("web"))
		require.False(t, b.op.Module("web").Values().Exists("/ready"))
		s, _ := b.op.Module("web").Status()
		require.Contains(t, s.Message, "NoSuchKind")
		allowed.Store(true)
		time.Sleep(10 * time.Second)
		b.settle()
		require.Equal(t, "Ready r1 default", b.phase("web"))
		require.True(t, b.op.Module("web").Values().Exists("/ready"))
	})
}

// Schedules fire once the module has started, and what they change runs it.
func TestScheduleChangesValues(t *testing.T) {
	module := plain("web", 10)
	var ticks atomic.Int64
	module.Hooks = hooks.Static(hooks.Hook{Name: "tick", Schedule: []hooks.Schedule{{Name: "minutely", Cron: "* * * * *"}},
		Run: func(_ context.Context, _ *hooks.Input, out *hooks.Output) error {
			out.Values.Set("/ticks", ticks.Add(1))
			return nil
		}})
	within(t, addon.Options{Modules: []addon.Module{module}}, nil, func(b *bench) {
		require.Zero(t, ticks.Load())
		time.Sleep(3 * time.Minute)
		b.settle()
		require.EqualValues(t, 3, ticks.Load())
		require.Equal(t, "Ready r4 default", b.phase("web"))
		b.configure(map[string]string{"webEnabled": "false"})
		time.Sleep(time.Hour)
		b.settle()
		require.EqualValues(t, 3, ticks.Load(), "a module that is off has no schedules")
	})
}

func TestHooksAtDeletion(t *testing.T) {
	var ran journal[string]
	at := func(moment hooks.Moment) hooks.Hook {
		return hooks.Hook{Name: string(moment), On: hooks.On{moment: 1}, Run: func(_ context.Context, in *hooks.Input, _ *hooks.Output) error {
			ran.add(in.Contexts[0].Binding)
			return nil
		}}
	}
	module := plain("web", 10)
	module.Hooks = hooks.Static(at(hooks.AfterDeleteHelm), at(hooks.BeforeDeleteHelm), at(hooks.AfterHelm), at(hooks.BeforeHelm), at(hooks.Startup))
	within(t, addon.Options{Modules: []addon.Module{module}}, nil, func(b *bench) {
		require.Equal(t, []string{"onStartup", "beforeHelm", "afterHelm"}, ran.all())
		b.configure(map[string]string{"webEnabled": "false"})
		require.Equal(t, []string{"onStartup", "beforeHelm", "afterHelm", "beforeDeleteHelm", "afterDeleteHelm"}, ran.all())
		require.Empty(t, b.helm.History("ns", "web"))
		b.configure(map[string]string{"webEnabled": "true"})
		require.Equal(t, []string{"onStartup", "beforeHelm", "afterHelm"}, ran.all()[5:], "a module that comes back starts from nothing")
	})
}

func TestNewRefuses(t *testing.T) {
	for name, test := range map[string]struct {
		options addon.Options
		says    string
	}{
		"no namespace":   {addon.Options{}, "Options.Namespace is empty"},
		"no clients":     {addon.Options{Namespace: "ns"}, "Options.REST"},
		"a nameless one": {addon.Options{Namespace: "ns", Clients: fakeClients(), Modules: []addon.Module{{}}}, "no name"},
		"bad global values": {addon.Options{Namespace: "ns", Clients: fakeClients(), Global: addon.Global{Values: values.Spec{
			Static: []values.File{{Name: "global.yaml", Data: []byte("global: [")}}}}}, "global.yaml"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := addon.New(test.options)
			require.ErrorContains(t, err, test.says)
		})
	}
}

func TestRunOnce(t *testing.T) {
	within(t, addon.Options{}, nil, func(b *bench) {
		require.ErrorIs(t, b.op.Run(t.Context()), addon.ErrRunTwice)
	})
}

// A watch may name a queue of its own: its Synchronization runs there, and what
// comes after it waits for that all the same, unless the watch asks for no wait.
func TestSynchronizationInANamedQueue(t *testing.T) {
	count := func(section string) hooks.Func {
		return func(_ context.Context, in *hooks.Input, out *hooks.Output) error {
			out.Values.Set("/"+section, in.Snapshot("nodes").Len())
			return nil
		}
	}
	onNodes := []hooks.Watch{{Name: "nodes", Queue: "slow", Query: kubeevents.Query{APIVersion: "v1", Kind: "Node"}}}
	module := plain("web", 10)
	module.Hooks = hooks.Static(hooks.Hook{Name: "own", Watch: onNodes, Run: count("nodes")})
	global := addon.Global{Hooks: hooks.Static(hooks.Hook{Name: "all", Watch: onNodes, Run: count("all")})}
	within(t, addon.Options{Global: global, Modules: []addon.Module{module}}, []runtime.Object{node("one"), node("two")}, func(b *bench) {
		require.NoError(t, b.op.Ready(t.Context()))
		require.Equal(t, "Ready r1 default", b.phase("web"))
		require.JSONEq(t, `{"global":{"all":2},"web":{"nodes":2}}`, b.sees("web"))
	})
}

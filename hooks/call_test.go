package hooks_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/addonkit/addonkit/hooks"
	"github.com/addonkit/addonkit/kubeevents"
	"github.com/addonkit/addonkit/values"
)

func TestCallFencesPanics(t *testing.T) {
	h := hooks.Hook{Name: "boom", Run: func(context.Context, *hooks.Input, *hooks.Output) error { panic("no way") }}
	out, err := hooks.Call(t.Context(), h, &hooks.Input{})
	p, ok := errors.AsType[*hooks.PanicError](err)
	require.True(t, ok)
	require.Equal(t, "no way", p.Value)
	require.Contains(t, p.Stack, "TestCallFencesPanics")
	require.NotNil(t, out)
}

func TestCallHasADeadline(t *testing.T) {
	for timeout, want := range map[time.Duration]time.Duration{0: hooks.DefaultTimeout, time.Second: time.Second} {
		synctest.Test(t, func(t *testing.T) {
			h := hooks.Hook{Name: "slow", Timeout: timeout, Run: func(ctx context.Context, _ *hooks.Input, _ *hooks.Output) error {
				<-ctx.Done()
				return context.Cause(ctx)
			}}
			begin := time.Now()
			out, err := hooks.Call(t.Context(), h, &hooks.Input{})
			require.ErrorIs(t, err, context.DeadlineExceeded)
			require.ErrorContains(t, err, "hook slow: deadline of "+want.String()+" exceeded")
			require.Equal(t, want, time.Since(begin))
			require.Equal(t, want, out.Usage.Wall)
		})
	}
}

func TestOutputOfAFailedRun(t *testing.T) {
	fill := func(out *hooks.Output) {
		out.Values.Set("/a", 1)
		out.Config.Set("/b", 2)
		out.Enable("web-shop", true)
		out.Delete(hooks.Ref{Kind: "Pod", Name: "x"})
		out.Do(hooks.Change{Operation: hooks.Delete, Kind: "Pod", Name: "y", IgnoreHookError: true})
		out.Count("runs", 1, nil)
	}
	one := 1.0
	want := &hooks.Output{
		Changes: []hooks.Change{{Operation: hooks.Delete, Kind: "Pod", Name: "y", IgnoreHookError: true}},
		Metrics: []hooks.Metric{{Name: "runs", Action: hooks.MetricAdd, Value: &one}},
	}
	for name, run := range map[string]hooks.Func{
		"error": func(_ context.Context, _ *hooks.Input, out *hooks.Output) error { fill(out); return errors.New("no") },
		"panic": func(_ context.Context, _ *hooks.Input, out *hooks.Output) error { fill(out); panic("no") },
		"bad pointer": func(_ context.Context, _ *hooks.Input, out *hooks.Output) error {
			fill(out)
			out.Values.Set("a.b", 1)
			return nil
		},
		"bad change": func(_ context.Context, _ *hooks.Input, out *hooks.Output) error {
			fill(out)
			out.Do(hooks.Change{Operation: "Explode", IgnoreHookError: true})
			return nil
		},
		"bad value": func(_ context.Context, _ *hooks.Input, out *hooks.Output) error {
			fill(out)
			out.Values.Set("/f", func() {})
			return nil
		},
		"bad module": func(_ context.Context, _ *hooks.Input, out *hooks.Output) error {
			fill(out)
			out.Enable("Web_Shop", true)
			return nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			out, err := hooks.Call(t.Context(), hooks.Hook{Name: "h", Run: run}, &hooks.Input{Key: "m"})
			require.Error(t, err)
			out.Usage = hooks.Usage{}
			require.Equal(t, want, out)
			require.Equal(t, values.Change{Section: "m"}, out.ValuesChange(&hooks.Input{Key: "m"}))
		})
	}
}

func TestValuesChangeHasFullPointers(t *testing.T) {
	list := []string{"a"}
	h := hooks.Hook{Name: "h", Run: func(_ context.Context, _ *hooks.Input, out *hooks.Output) error {
		out.Values.Set("/internal/port", 80)
		out.Values.Append("/list", list)
		out.Values.Remove("/old")
		out.Config.Set("", map[string]int{"x": 1})
		out.Enable("web-shop", false)
		out.Disown("other")
		return nil
	}}
	in := &hooks.Input{Hook: "h", Key: values.Global, Cause: "why"}
	out, err := hooks.Call(t.Context(), h, in)
	require.NoError(t, err)
	list[0] = "changed later"
	require.Equal(t, values.Change{
		Section: "global", Source: "h", Cause: "why",
		Memory: values.Patch{
			{Op: "add", Path: "/global/internal/port", Value: int64(80), Parents: true},
			{Op: "add", Path: "/global/list/-", Value: []any{"a"}, Parents: true},
			{Op: "remove", Path: "/global/old"},
			{Op: "add", Path: "/webShopEnabled", Value: false},
			{Op: "remove", Path: "/otherEnabled"},
		},
		Config: values.Patch{{Op: "add", Path: "/global", Value: map[string]any{"x": int64(1)}, Parents: true}},
	}, out.ValuesChange(in))
}

func TestValidate(t *testing.T) {
	run := func(context.Context, *hooks.Input, *hooks.Output) error { return nil }
	good := hooks.Hook{
		Name: "h", Run: run, On: hooks.On{hooks.Startup: 1},
		Watch:    []hooks.Watch{{Name: "pods", Query: kubeevents.Query{Kind: "Pod"}}},
		Schedule: []hooks.Schedule{{Name: "s", Cron: "@hourly", Include: []string{"pods"}}, {Name: "s", Cron: "@daily"}},
	}
	require.NoError(t, good.Validate(false))
	require.NoError(t, good.Validate(true))
	err := hooks.Hook{
		Name:     "bad",
		On:       hooks.On{hooks.BeforeAll: 1, "afterHelmm": 2},
		Watch:    []hooks.Watch{{Name: "pods", Events: []kubeevents.EventType{"Gone"}}, {Name: "pods", Query: kubeevents.Query{Kind: "Pod"}, Include: []string{"pod"}}},
		Schedule: []hooks.Schedule{{Cron: "no"}},
		Burst:    -1,
	}.Validate(false)
	for _, want := range []string{
		`hook "bad": has no Run function`, "beforeAll is a moment of global hooks only", `unknown moment "afterHelmm"; did you mean "afterHelm"?`,
		`watch "pods": its query has no kind`, `unknown event "Gone"`, "another watch has this name", `unknown watch "pod"; did you mean "pods"?`,
		`schedule "": has no name`, `crontab "no"`, "must not be negative",
	} {
		require.ErrorContains(t, err, want)
	}
	require.ErrorContains(t, hooks.Hook{Name: "idle", Run: run}.Validate(true), "declares nothing")
}

func BenchmarkCallGo(b *testing.B) {
	h := hooks.Hook{Name: "h", Run: func(_ context.Context, in *hooks.Input, out *hooks.Output) error {
		out.Values.Set("/replicas", in.Snapshot("nodes").Len())
		return nil
	}}
	in := &hooks.Input{Key: "m"}
	for b.Loop() {
		if _, err := hooks.Call(b.Context(), h, in); err != nil {
			b.Fatal(err)
		}
	}
}

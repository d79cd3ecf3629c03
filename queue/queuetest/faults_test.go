package queuetest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/addonkit/addonkit/queue"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// TestFaultsAreCaught plants one fault at a time in a runner that is right, and expects the named check to see it.
func TestFaultsAreCaught(t *testing.T) {
	var count atomic.Int64 // makes keys and queues unlike each other
	faults := map[string]struct {
		caughtBy string
		faulty
	}{
		"accepts anything": {"refuses what is not a task", faulty{add: func(r queue.Runner, t queue.Task) error {
			t.Queue, t.Key, t.Timeout = "q", t.Key+"k", max(t.Timeout, 0)
			return r.Add(t)
		}}},
		"last in, first out":   {"order", onTask(func(t *queue.Task) { t.Priority = queue.Priority(count.Add(1)) })},
		"one queue for all":    {"queues beside each other", onTask(func(t *queue.Task) { t.Queue = "q" })},
		"a queue for each key": {"order", onTask(func(t *queue.Task) { t.Queue = fmt.Sprint(t.Queue, count.Add(1)) })},
		"never coalesces": {"coalescing", faulty{
			add: func(r queue.Runner, t queue.Task) error {
				t.Key = fmt.Sprint(t.Key, "@", count.Add(1))
				return r.Add(t)
			},
			handle: func(ctx context.Context, h queue.Handler, t queue.Task) error { return h(ctx, plain(t)) },
		}},
		"coalesces over queues":               {"coalescing", firstWins(func(t queue.Task) string { return t.Key })},
		"first wish wins":                     {"coalescing", firstWins(func(t queue.Task) string { return t.Queue + "/" + t.Key })},
		"forgets what is added while running": {"once more", forgetsRunning()},
		"ignores priority":                    {"priority", onTask(func(t *queue.Task) { t.Priority = 0 })},
		"no retry":                            {"backoff", onResult(func(error) error { return nil })},
		"retries at once":                     {"backoff", onRetry(func(err error) error { return queue.After(0, err) })},
		"constant delay":                      {"backoff", onRetry(func(err error) error { return queue.After(10*time.Second, err) })},
		"no cap":                              {"backoff", faulty{options: func(o *queue.Options) { o.Backoff.Max = time.Hour }}},
		"loses the place":                     {"place", losesPlace()},
		"a retry is most urgent":              {"urgent passes", faulty{add: func(r queue.Runner, t queue.Task) error { t.Priority = min(t.Priority, 0); return r.Add(t) }}},
		"forgets new input while running":     {"changed input while running", forgetsRunning()},
		"new input must wait":                 {"changed input", slowToAccept()},
		"after is a failure": {"after", onResult(func(err error) error {
			if v := queue.Read(err); v.Action == queue.Again {
				return fmt.Errorf("failed: %w", queue.After(v.After, fmt.Errorf("failed")))
			}
			return err
		})},
		"after is a retry": {"after", onResult(func(err error) error {
			if v := queue.Read(err); v.Action == queue.Again {
				return hidden(v.Err)
			}
			return err
		})},
		"stop is a retry": {"stop", onResult(func(err error) error {
			if v := queue.Read(err); v.Action == queue.Drop {
				return hidden(v.Err)
			}
			return err
		})},
		"a panic is done": {"panic", faulty{handle: func(ctx context.Context, h queue.Handler, t queue.Task) error {
			defer func() { _ = recover() }()
			return h(ctx, t)
		}}},
		"no timeout":        {"timeout", onTask(func(t *queue.Task) { t.Timeout = 0 })},
		"never supersedes":  {"supersede", onTask(func(t *queue.Task) { t.Supersede = false })},
		"always supersedes": {"supersede", onTask(func(t *queue.Task) { t.Supersede = true })},
		"cancels nothing": {"end", faulty{handle: func(ctx context.Context, h queue.Handler, t queue.Task) error {
			return h(context.WithoutCancel(ctx), t)
		}}},
		"Run does not wait": {"end", faulty{run: func(r queue.Runner, ctx context.Context, h queue.Handler) error {
			go func() { _ = r.Run(ctx, h) }()
			<-ctx.Done()
			return nil
		}}},
		"Run fails on end":      {"end", faulty{run: func(r queue.Runner, ctx context.Context, h queue.Handler) error { _ = r.Run(ctx, h); return ctx.Err() }}},
		"accepts after the end": {"end", faulty{add: func(r queue.Runner, t queue.Task) error { _ = r.Add(t); return t.Validate() }}},
		"starts when ended": {"ended before it began", faulty{run: func(r queue.Runner, ctx context.Context, h queue.Handler) error {
			_ = h(ctx, queue.Task{Queue: "q", Key: "a"})
			return r.Run(ctx, h)
		}}},
		"keeps a goroutine": {"rest", faulty{run: func(r queue.Runner, ctx context.Context, h queue.Handler) error {
			go func() { <-ctx.Done() }()
			return r.Run(ctx, h)
		}}},
		"polls": {"rest", faulty{run: func(r queue.Runner, ctx context.Context, h queue.Handler) error {
			var again func()
			again = func() {
				if ctx.Err() == nil {
					time.AfterFunc(time.Second, again)
				}
			}
			again()
			return r.Run(ctx, h)
		}}},
		"loses one in fifty": {"storm", faulty{add: func(r queue.Runner, t queue.Task) error {
			if count.Add(1)%50 == 0 {
				return nil
			}
			return r.Add(t)
		}}},
		"runs two at once": {"storm", faulty{add: func(r queue.Runner, t queue.Task) error {
			if n := count.Add(1); n%50 == 0 {
				t.Queue += "'"
			}
			return r.Add(t)
		}, handle: func(ctx context.Context, h queue.Handler, t queue.Task) error {
			t.Queue = strings.TrimSuffix(t.Queue, "'")
			return h(ctx, t)
		}}},
		"says nothing":       {"inspector", faulty{mute: true}},
		"removes nothing":    {"remover/waiting", faulty{keep: true}},
		"cancels no removed": {"remover/running", faulty{keep: true}},
		"wakes nothing":      {"waker", faulty{asleep: true}},
	}
	unproved := map[string]bool{}
	for _, c := range checks() {
		unproved[strings.TrimPrefix(c.name, "required/")] = true
	}
	for fault, f := range faults {
		delete(unproved, f.caughtBy)
		t.Run(fault, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				for _, c := range checks() {
					if strings.TrimPrefix(c.name, "required/") != f.caughtBy {
						continue
					}
					err := c.run(t.Context(), func(o queue.Options) queue.Runner { return f.plant(o) })
					if err == nil {
						t.Fatalf("check %q did not see it", c.name)
					}
					t.Log(err)
					return
				}
				t.Fatalf("there is no check %q", f.caughtBy)
			})
		})
	}
	if len(unproved) > 0 {
		t.Errorf("checks without a fault that they catch: %v", unproved)
	}
}

// faulty is a Memory with something wrong at one of its seams.
type faulty struct {
	options            func(*queue.Options)
	add                func(queue.Runner, queue.Task) error
	run                func(queue.Runner, context.Context, queue.Handler) error
	handle             func(context.Context, queue.Handler, queue.Task) error
	mute, keep, asleep bool
	prepare            func(*faulty)
}

func (f faulty) plant(o queue.Options) queue.Runner {
	if f.options != nil {
		f.options(&o)
	}
	if f.prepare != nil {
		f.prepare(&f)
	}
	return &planted{Memory: queue.NewMemory(o), faulty: f}
}

type planted struct {
	*queue.Memory
	faulty
}

func (p *planted) Add(t queue.Task) error {
	if p.add != nil {
		return p.add(p.Memory, t)
	}
	return p.Memory.Add(t)
}

func (p *planted) Run(ctx context.Context, h queue.Handler) error {
	inner := h
	if p.handle != nil {
		inner = func(ctx context.Context, t queue.Task) error { return p.handle(ctx, h, t) }
	}
	if p.run != nil {
		return p.run(p.Memory, ctx, inner)
	}
	return p.Memory.Run(ctx, inner)
}

func (p *planted) Queues() []queue.Status {
	if p.mute {
		return nil
	}
	return p.Memory.Queues()
}

func (p *planted) Remove(q, key string) bool {
	if p.keep {
		return true
	}
	return p.Memory.Remove(q, key)
}

func (p *planted) Wake(q, key string) bool {
	if p.asleep {
		return q == "q" && key == "k"
	}
	return p.Memory.Wake(q, key)
}

func onTask(edit func(*queue.Task)) faulty {
	return faulty{add: func(r queue.Runner, t queue.Task) error { edit(&t); return r.Add(t) }}
}

// hidden is an error of the same words that steers nothing.
func hidden(err error) error { return errors.New(fmt.Sprint(err)) }

func onResult(edit func(error) error) faulty {
	return faulty{handle: func(ctx context.Context, h queue.Handler, t queue.Task) error { return edit(h(ctx, t)) }}
}

func onRetry(edit func(error) error) faulty {
	return onResult(func(err error) error {
		if queue.Read(err).Action == queue.Retry {
			return edit(err)
		}
		return err
	})
}

func plain(t queue.Task) queue.Task {
	t.Key, _, _ = strings.Cut(t.Key, "@")
	return t
}

// firstWins ignores a task while one of the same identity waits.
func firstWins(identity func(queue.Task) string) faulty {
	return faulty{prepare: func(f *faulty) {
		var mu sync.Mutex
		waiting := map[string]bool{}
		f.add = func(r queue.Runner, t queue.Task) error {
			mu.Lock()
			defer mu.Unlock()
			if waiting[identity(t)] {
				return nil
			}
			waiting[identity(t)] = true
			return r.Add(t)
		}
		f.handle = func(ctx context.Context, h queue.Handler, t queue.Task) error {
			mu.Lock()
			delete(waiting, identity(t))
			mu.Unlock()
			return h(ctx, t)
		}
	}}
}

func forgetsRunning() faulty {
	return faulty{prepare: func(f *faulty) {
		var running sync.Map
		f.add = func(r queue.Runner, t queue.Task) error {
			if _, is := running.Load(t.Key); is {
				return nil
			}
			return r.Add(t)
		}
		f.handle = func(ctx context.Context, h queue.Handler, t queue.Task) error {
			running.Store(t.Key, true)
			defer running.Delete(t.Key)
			return h(ctx, t)
		}
	}}
}

// losesPlace retries behind all others.
func losesPlace() faulty {
	return faulty{prepare: func(f *faulty) {
		var runner queue.Runner
		f.add = func(r queue.Runner, t queue.Task) error { runner = r; return r.Add(t) }
		f.handle = func(ctx context.Context, h queue.Handler, t queue.Task) error {
			err := h(ctx, t)
			if queue.Read(err).Action != queue.Retry {
				return err
			}
			return runner.Add(t)
		}
	}}
}

// slowToAccept adds again only what was never added.
func slowToAccept() faulty {
	return faulty{prepare: func(f *faulty) {
		known := map[string]bool{}
		f.add = func(r queue.Runner, t queue.Task) error {
			if known[t.Key] {
				return nil
			}
			known[t.Key] = true
			return r.Add(t)
		}
	}}
}

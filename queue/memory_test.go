package queue_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/addonkit/addonkit/queue"
	"github.com/addonkit/addonkit/queue/queuetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestMemory(t *testing.T) {
	queuetest.TestRunner(t, func(o queue.Options) queue.Runner { return queue.NewMemory(o) })
}

// begin runs m until the test's bubble ends.
func begin(t *testing.T, m *queue.Memory, h queue.Handler) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() { require.NoError(t, m.Run(ctx, h)) })
	t.Cleanup(func() { cancel(); running.Wait() })
}

func TestWorkersShareTheLoad(t *testing.T) {
	for _, c := range []struct {
		workers int
		want    time.Duration
	}{{workers: 16, want: 7 * time.Second}, {workers: 1, want: 100 * time.Second}, {workers: 0, want: time.Second}} {
		t.Run(fmt.Sprint(c.workers), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m := queue.NewMemory(queue.Options{Workers: c.workers})
				for i := range 100 {
					require.NoError(t, m.Add(queue.Task{Queue: fmt.Sprint(i), Key: "k"}))
				}
				began := time.Now()
				var all sync.WaitGroup
				all.Add(100)
				begin(t, m, func(context.Context, queue.Task) error { defer all.Done(); <-time.After(time.Second); return nil })
				all.Wait()
				require.Equal(t, c.want, time.Since(began))
			})
		})
	}
}

// A queue with much to do gives way to others after each task, and to urgent ones first.
func TestScarceWorkersGoRound(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := queue.NewMemory(queue.Options{Workers: 1})
		for i := range 3 {
			require.NoError(t, m.Add(queue.Task{Queue: "storm", Key: fmt.Sprint(i)}))
		}
		require.NoError(t, m.Add(queue.Task{Queue: "calm", Key: "a"}))
		require.NoError(t, m.Add(queue.Task{Queue: "calm", Key: "b"}))
		require.NoError(t, m.Add(queue.Task{Queue: "last", Key: "u", Priority: queue.Urgent}))
		var order []string
		begin(t, m, func(_ context.Context, t queue.Task) error {
			order = append(order, t.Queue+" "+t.Key)
			return nil
		})
		synctest.Wait()
		require.Equal(t, []string{"last u", "storm 0", "calm a", "storm 1", "calm b", "storm 2"}, order)
	})
}

// Whatever is added, removed and woken in whatever order, each queue holds and runs what a plain list would.
func TestOrderIsThatOfAList(t *testing.T) {
	for seed := range uint64(200) {
		synctest.Test(t, func(t *testing.T) {
			dice := rand.New(rand.NewPCG(seed, 7))
			m := queue.NewMemory(queue.Options{})
			var list []queue.Task
			find := func(key string) int {
				for i, task := range list {
					if task.Key == key {
						return i
					}
				}
				return -1
			}
			for range 60 {
				key := fmt.Sprint(dice.IntN(12))
				at := find(key)
				if dice.IntN(4) == 0 {
					require.Equal(t, at >= 0, m.Remove("q", key))
					if at >= 0 {
						list = append(list[:at], list[at+1:]...)
					}
					continue
				}
				task := queue.Task{Queue: "q", Key: key, Priority: queue.Priority(dice.IntN(3)), Payload: []byte{byte(dice.IntN(9))}}
				require.NoError(t, m.Add(task))
				if at < 0 {
					list = append(list, task)
					continue
				}
				task.Priority = max(task.Priority, list[at].Priority)
				list[at] = task
			}
			var want, got []queue.Task
			for p := queue.Priority(2); p >= 0; p-- {
				for _, task := range list {
					if task.Priority == p {
						want = append(want, task)
					}
				}
			}
			begin(t, m, func(_ context.Context, t queue.Task) error { got = append(got, t); return nil })
			synctest.Wait()
			require.Equal(t, want, got, "seed %d", seed)
		})
	}
}

func TestBackoffDelay(t *testing.T) {
	var b queue.Backoff
	for failures, full := range map[int]time.Duration{
		0: 5 * time.Second, 1: 5 * time.Second, 2: 10 * time.Second, 6: 160 * time.Second, 7: 5 * time.Minute, 1000: 5 * time.Minute,
	} {
		seen := map[time.Duration]bool{}
		for range 100 {
			d := b.Delay(failures)
			require.LessOrEqual(t, d, full)
			require.GreaterOrEqual(t, d, full*4/5)
			seen[d] = true
		}
		require.Greater(t, len(seen), 50, "chance has a part in it")
	}
	require.Equal(t, 4*time.Second, queue.Backoff{Initial: time.Second, Jitter: -1}.Delay(3))
	require.Equal(t, time.Second, queue.Backoff{Initial: time.Minute, Max: time.Second, Jitter: -1}.Delay(1))
}

func TestReadOfASteeringError(t *testing.T) {
	cause := errors.New("cause")
	for name, c := range map[string]struct {
		in   error
		want queue.Verdict
	}{
		"nil":            {nil, queue.Verdict{Action: queue.Done}},
		"error":          {cause, queue.Verdict{Action: queue.Retry, Err: cause}},
		"after":          {queue.After(time.Second, cause), queue.Verdict{Action: queue.Again, After: time.Second, Err: cause}},
		"after, no fail": {queue.After(-1, nil), queue.Verdict{Action: queue.Again}},
		"stop":           {queue.Stop(cause), queue.Verdict{Action: queue.Drop, Err: cause}},
		"stop, no fail":  {queue.Stop(nil), queue.Verdict{Action: queue.Drop}},
	} {
		require.Equal(t, c.want, queue.Read(c.in), name)
	}
	wrapped := queue.Read(fmt.Errorf("while busy: %w", queue.Stop(cause)))
	require.Equal(t, queue.Drop, wrapped.Action)
	require.EqualError(t, wrapped.Err, "while busy: stop: cause")
	require.ErrorIs(t, wrapped.Err, cause)
}

func TestPanicErrorUnwraps(t *testing.T) {
	cause := errors.New("cause")
	require.ErrorIs(t, &queue.PanicError{Value: cause}, cause)
	require.NoError(t, (&queue.PanicError{Value: "text"}).Unwrap())
	require.ErrorContains(t, &queue.PanicError{Value: "text", Stack: []byte("here")}, "text\nhere")
}

package queuetest

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"runtime/metrics"
	"testing/synctest"
	"time"

	"github.com/addonkit/addonkit/queue"
)

func honoursTimeout(ctx context.Context, newRunner Make) error {
	s := newStage(newRunner)
	var cause error
	s.script("k", func(ctx context.Context, t queue.Task) error {
		cause = takes(time.Hour)(ctx, t)
		return cause
	})
	s.open(ctx)
	err := errors.Join(s.add("k", within(time.Minute)), s.add("x"))
	pass(2 * time.Hour)
	err = errors.Join(err, s.saw("0s k#0", "1m10s k#1", "1m10s x#0"))
	return s.close(errors.Join(err, is("the context's cause", cause, queue.ErrTimeout)))
}

func supersedes(ctx context.Context, newRunner Make) error {
	s := newStage(newRunner)
	var cause error
	s.script("gives way", func(ctx context.Context, t queue.Task) error {
		cause = takes(time.Hour)(ctx, t)
		return cause
	})
	s.script("goes on", takes(time.Hour))
	s.open(ctx)
	err := errors.Join(s.add("gives way", superseding))
	pass(time.Second)
	err = errors.Join(err, s.add("gives way", carrying("=2")), s.add("goes on"))
	pass(time.Second)
	err = errors.Join(err, s.add("goes on", superseding))
	pass(24 * time.Hour)
	err = errors.Join(err, s.saw("0s gives way#0", "1s gives way=2#0", "1s goes on#0", "1h0m1s goes on#0"))
	return s.close(errors.Join(err, is("the context's cause", cause, queue.ErrSuperseded)))
}

func endsWhole(ctx context.Context, newRunner Make) error {
	s := newStage(newRunner)
	// Neither heeds its context at once; one needs a second more, one fails and would be tried again.
	late := func(err error) act {
		return func(ctx context.Context, _ queue.Task) error {
			select {
			case <-ctx.Done():
			case <-time.After(time.Hour):
				return errors.New("not cancelled")
			}
			pause(time.Second)
			return err
		}
	}
	s.script("a", late(nil))
	s.script("b", late(errPlanned))
	s.script("c", fail)
	s.open(ctx)
	err := errors.Join(s.add("a", in("1")), s.add("after a", in("1")))
	pass(time.Second)
	err = errors.Join(err, s.add("b", in("2")), s.add("after b", in("2")))
	pass(time.Second)
	err = errors.Join(err, s.add("c", in("3")))
	pass(time.Second)
	cancelled := time.Now()
	s.cancel()
	err = s.close(err)
	if took := time.Since(cancelled); err == nil && took != time.Second {
		err = fmt.Errorf("run returned %v after its context's end, want 1s: when the last handler did", took)
	}
	pass(time.Hour)
	err = errors.Join(err, s.saw("0s a#0", "1s b#0", "2s c#0"))
	err = errors.Join(err, is("the error of adding after the end", s.Add(queue.Task{Queue: "q", Key: "k"}), queue.ErrEnded))
	again, cancel := context.WithCancel(ctx)
	cancel()
	return errors.Join(err, is("the error of a second Run", s.Run(again, s.handle), queue.ErrStarted))
}

func startsNothingAfterEnd(ctx context.Context, newRunner Make) error {
	s := newStage(newRunner)
	err := s.adds("a", "b")
	ended, cancel := context.WithCancel(ctx)
	cancel()
	err = errors.Join(err, s.Run(ended, s.handle))
	return errors.Join(err, s.saw())
}

// rests lets a week go by and counts goroutines, and how often the scheduler had to run one.
func rests(ctx context.Context, newRunner Make) error {
	synctest.Wait()
	before := runtime.NumGoroutine()
	s := newStage(newRunner)
	s.open(ctx)
	var err error
	for i := range 50 {
		key := fmt.Sprint("k", i)
		if i%2 == 0 {
			s.script(key, fail)
		}
		err = errors.Join(err, s.add(key, in(key)))
	}
	pass(time.Hour)
	if n := runtime.NumGoroutine() - before; err == nil && n > 1 {
		err = fmt.Errorf("%d goroutines at rest, want one: the caller of Run", n)
	}
	woken := scheduled()
	pass(7 * 24 * time.Hour)
	// The runtime counts an eighth of the goroutines; a poll every second would be 600,000 in all.
	if woken = scheduled() - woken; err == nil && woken > 10_000 {
		err = fmt.Errorf("goroutines were scheduled %d times in a week of rest", woken)
	}
	return s.close(err)
}

func scheduled() (times uint64) {
	sample := []metrics.Sample{{Name: "/sched/latencies:seconds"}}
	metrics.Read(sample)
	for _, n := range sample[0].Value.Float64Histogram().Counts {
		times += n
	}
	return times
}

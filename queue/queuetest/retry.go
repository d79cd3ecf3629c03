package queuetest

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"time"

	"github.com/addonkit/addonkit/queue"
)

func backsOff(ctx context.Context, newRunner Make) error {
	s := newStage(newRunner)
	s.script("k", fail, fail, fail, fail)
	s.open(ctx)
	err := s.add("k")
	pass(time.Hour)
	return s.close(errors.Join(err, s.saw("0s k#0", "10s k#1", "30s k#2", "1m10s k#3", "1m50s k#4")))
}

func keepsPlace(ctx context.Context, newRunner Make) error {
	s := newStage(newRunner)
	s.script("b", fail, fail)
	s.open(ctx)
	err := s.adds("a", "b", "c")
	pass(5 * time.Second)
	err = errors.Join(err, s.add("d"))
	pass(time.Hour)
	return s.close(errors.Join(err, s.saw("0s a#0", "0s b#0", "10s b#1", "30s b#2", "30s c#0", "30s d#0")))
}

func letsUrgentPass(ctx context.Context, newRunner Make) error {
	s := newStage(newRunner)
	s.script("a", fail)
	s.script("urgent", takes(time.Minute))
	s.open(ctx)
	err := s.adds("a", "b")
	pass(5 * time.Second)
	err = errors.Join(err, s.add("urgent", at(queue.Urgent)))
	pass(time.Hour)
	return s.close(errors.Join(err, s.saw("0s a#0", "5s urgent#0", "1m5s a#1", "1m5s b#0")))
}

func resetsOnAdd(ctx context.Context, newRunner Make) error {
	s := newStage(newRunner)
	s.script("k", fail, fail, fail)
	s.open(ctx)
	err := s.adds("k", "x")
	pass(15 * time.Second) // failed at 0 s and 10 s, due at 30 s
	err = errors.Join(err, s.add("k", carrying("=2")))
	pass(time.Hour)
	return s.close(errors.Join(err, s.saw("0s k#0", "10s k#1", "15s k=2#0", "25s k=2#1", "25s x#0")))
}

func resetsOnAddWhileRunning(ctx context.Context, newRunner Make) error {
	s := newStage(newRunner)
	s.script("k", func(context.Context, queue.Task) error { pause(time.Second); return errPlanned })
	s.open(ctx)
	err := s.adds("k", "x")
	pass(time.Second / 2)
	err = errors.Join(err, s.add("k", carrying("=2")))
	pass(time.Hour)
	return s.close(errors.Join(err, s.saw("0s k#0", "1s k=2#0", "1s x#0")))
}

func honoursAfter(ctx context.Context, newRunner Make) error {
	s := newStage(newRunner)
	s.script("k",
		func(context.Context, queue.Task) error { return queue.After(3*time.Second, nil) },
		func(context.Context, queue.Task) error { return queue.After(4*time.Second, errPlanned) },
		func(context.Context, queue.Task) error {
			return fmt.Errorf("wrapped: %w", queue.After(5*time.Second, errPlanned))
		},
		fail)
	s.open(ctx)
	err := s.adds("k", "x")
	pass(time.Hour)
	return s.close(errors.Join(err,
		s.saw("0s k#0", "3s k#0", "7s k#1", "12s k#2", "52s k#3", "52s x#0")))
}

func honoursStop(ctx context.Context, newRunner Make) error {
	s := newStage(newRunner)
	s.script("k", fail, func(context.Context, queue.Task) error { return fmt.Errorf("no use: %w", queue.Stop(errPlanned)) })
	s.script("l", func(context.Context, queue.Task) error { return queue.Stop(nil) })
	s.open(ctx)
	err := s.adds("k", "l", "x")
	pass(time.Hour)
	return s.close(errors.Join(err, s.saw("0s k#0", "10s k#1", "10s l#0", "10s x#0")))
}

func fencesPanics(ctx context.Context, newRunner Make) error {
	s := newStage(newRunner)
	s.script("k",
		func(context.Context, queue.Task) error { panic("planned") },
		func(context.Context, queue.Task) error { panic(errPlanned) },
		func(context.Context, queue.Task) error { runtime.Goexit(); return nil })
	s.open(ctx)
	err := s.adds("k", "x")
	pass(time.Second)
	err = errors.Join(err, s.add("y", in("other")))
	if i, ok := s.Runner.(queue.Inspector); ok {
		var panicked *queue.PanicError
		if q := i.Queues(); len(q) == 0 || !errors.As(q[0].Head.LastError, &panicked) && !errors.As(q[len(q)-1].Head.LastError, &panicked) {
			err = errors.Join(err, errors.New("the panic is not the task's last error as PanicError"))
		} else if len(panicked.Stack) == 0 {
			err = errors.Join(err, errors.New("the PanicError has no stack"))
		}
	}
	pass(time.Hour)
	return s.close(errors.Join(err,
		s.saw("0s k#0", "1s y#0", "10s k#1", "30s k#2", "1m10s k#3", "1m10s x#0")))
}

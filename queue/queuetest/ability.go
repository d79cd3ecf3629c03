package queuetest

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/addonkit/addonkit/queue"
)

func inspects(ctx context.Context, newRunner Make) error {
	s := newStage(newRunner)
	inspector, _ := s.Runner.(queue.Inspector) // there: the check runs for no other
	s.script("busy", takes(time.Minute))
	s.script("failing", fail, fail)
	s.open(ctx)
	err := errors.Join(s.add("busy", in("a"), at(queue.Wake)), s.add("next", in("a")), s.add("more", in("a")))
	pass(time.Second)
	err = errors.Join(err, s.add("failing", in("b")), s.add("passed", in("c")))
	pass(11 * time.Second)
	got := inspector.Queues()
	if len(got) != 2 {
		return s.close(errors.Join(err, fmt.Errorf("queues are %+v, want a and b", got)))
	}
	since := func(d time.Duration) time.Time { return s.begun.Add(d) }
	err = errors.Join(err, same("queue a", got[0], queue.Status{Name: "a", Length: 3, Head: queue.Head{
		Key: "busy", Kind: "test", Cause: "a check", Priority: queue.Wake, Added: since(0), Started: since(0),
	}}))
	err = errors.Join(err, is("the last error", got[1].Head.LastError, errPlanned))
	got[1].Head.LastError = nil
	err = errors.Join(err, same("queue b", got[1], queue.Status{Name: "b", Length: 1, Head: queue.Head{
		Key: "failing", Kind: "test", Cause: "a check", Added: since(time.Second), Attempts: 2,
		NextTry: since(31 * time.Second),
	}}))
	pass(time.Hour)
	if left := inspector.Queues(); len(left) != 0 {
		err = errors.Join(err, fmt.Errorf("queues at rest are %+v, want none", left))
	}
	return s.close(err)
}

func same(what string, got, want queue.Status) error {
	g, w := fmt.Sprintf("%+v", stripped(got)), fmt.Sprintf("%+v", stripped(want))
	if g != w {
		return fmt.Errorf("%s is\n  %s\nwant\n  %s", what, g, w)
	}
	return nil
}

// stripped takes the monotonic clock out of the times.
func stripped(s queue.Status) queue.Status {
	for _, t := range []*time.Time{&s.Head.Added, &s.Head.Started, &s.Head.NextTry} {
		*t = t.Round(0)
	}
	return s
}

func removesWaiting(ctx context.Context, newRunner Make) error {
	s := newStage(newRunner)
	remover, _ := s.Runner.(queue.Remover) // there: the check runs for no other
	s.script("busy", takes(time.Second))
	s.script("failing", fail)
	var err error
	if err = s.adds("early", "busy", "a", "failing", "b"); !remover.Remove("q", "early") {
		err = errors.Join(err, errors.New("remove before Run found nothing"))
	}
	s.open(ctx)
	if !remover.Remove("q", "a") {
		err = errors.Join(err, errors.New("remove of a waiting task found nothing"))
	}
	if remover.Remove("q", "a") || remover.Remove("other", "b") {
		err = errors.Join(err, errors.New("remove of nothing found something"))
	}
	pass(3 * time.Second) // failing waits for its next try
	if !remover.Remove("q", "failing") {
		err = errors.Join(err, errors.New("remove of a failing task found nothing"))
	}
	pass(time.Hour)
	return s.close(errors.Join(err, s.saw("0s busy#0", "1s failing#0", "3s b#0")))
}

func removesRunning(ctx context.Context, newRunner Make) error {
	s := newStage(newRunner)
	remover, _ := s.Runner.(queue.Remover) // there: the check runs for no other
	var cause error
	s.script("k", func(ctx context.Context, t queue.Task) error {
		cause = takes(time.Hour)(ctx, t)
		pause(time.Second)
		return cause
	})
	s.open(ctx)
	err := s.adds("k", "x")
	pass(time.Second)
	if !remover.Remove("q", "k") {
		err = errors.Join(err, errors.New("remove of the running task found nothing"))
	}
	pass(time.Second / 2)
	err = errors.Join(err, s.add("k", carrying("=2"))) // a new wish, not removed
	pass(time.Hour)
	err = errors.Join(err, s.saw("0s k#0", "2s x#0", "2s k=2#0"))
	return s.close(errors.Join(err, is("the context's cause", cause, queue.ErrRemoved)))
}

func wakes(ctx context.Context, newRunner Make) error {
	s := newStage(newRunner)
	waker, _ := s.Runner.(queue.Waker) // there: the check runs for no other
	s.script("k", fail, fail, fail)
	s.open(ctx)
	err := s.adds("k", "x")
	pass(15 * time.Second) // failed at 0 s and 10 s, due at 30 s
	if waker.Wake("q", "x") || waker.Wake("other", "k") {
		err = errors.Join(err, errors.New("wake of what does not wait for a try found something"))
	}
	if !waker.Wake("q", "k") {
		err = errors.Join(err, errors.New("wake found nothing"))
	}
	pass(time.Hour)
	return s.close(errors.Join(err, s.saw("0s k#0", "10s k#1", "15s k#2", "55s k#3", "55s x#0")))
}

package queuetest

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/addonkit/addonkit/queue"
)

func refusesInvalid(_ context.Context, newRunner Make) error {
	r := newRunner(options())
	for _, t := range []queue.Task{{Key: "k"}, {Queue: "q"}, {Queue: "q", Key: "k", Timeout: -1}} {
		if err := is(fmt.Sprintf("the error of adding %+v", t), r.Add(t), queue.ErrInvalid); err != nil {
			return err
		}
	}
	return nil
}

func keepsOrder(ctx context.Context, newRunner Make) error {
	s := newStage(newRunner)
	for _, key := range []string{"a", "b", "c", "d", "e"} {
		s.script(key, takes(time.Second))
	}
	err := s.adds("a", "b", "c")
	s.open(ctx)
	pass(1500 * time.Millisecond)
	err = errors.Join(err, s.adds("d", "e"))
	pass(time.Minute)
	return s.close(errors.Join(err, s.saw("0s a#0", "1s b#0", "2s c#0", "3s d#0", "4s e#0")))
}

func runsQueuesBeside(ctx context.Context, newRunner Make) error {
	s := newStage(newRunner)
	s.script("slow", takes(time.Hour))
	s.script("failing", fail)
	s.open(ctx)
	err := s.add("slow", in("one"))
	pass(time.Second)
	err = errors.Join(err, s.add("failing", in("two")))
	pass(time.Second)
	err = errors.Join(err, s.add("quick", in("three")))
	pass(time.Second)
	return s.close(errors.Join(err, s.saw("0s slow#0", "1s failing#0", "2s quick#0")))
}

func coalesces(ctx context.Context, newRunner Make) error {
	s := newStage(newRunner)
	s.script("busy", takes(time.Second))
	s.open(ctx)
	err := errors.Join(s.adds("busy", "x"), s.add("k", carrying("=1")), s.add("y"))
	pass(time.Second / 2)
	err = errors.Join(err,
		s.add("k", carrying("=2")), s.add("k", carrying("=3")), s.add("k", in("other"), carrying("=4")))
	pass(time.Minute)
	return s.close(errors.Join(err, s.saw("0s busy#0", "500ms k=4#0", "1s x#0", "1s k=3#0", "1s y#0")))
}

func runsOnceMore(ctx context.Context, newRunner Make) error {
	s := newStage(newRunner)
	s.script("k", takes(time.Second), takes(time.Second))
	s.open(ctx)
	err := errors.Join(s.adds("k", "x"))
	pass(time.Second / 2)
	err = errors.Join(err, s.add("k", carrying("=2")), s.add("k", carrying("=3")))
	pass(time.Minute)
	return s.close(errors.Join(err, s.saw("0s k#0", "1s x#0", "1s k=3#0")))
}

func respectsPriority(ctx context.Context, newRunner Make) error {
	s := newStage(newRunner)
	s.script("busy", takes(time.Second))
	s.open(ctx)
	err := errors.Join(s.add("busy"),
		s.add("resync", at(queue.Resync)), s.add("schedule", at(queue.Schedule)), s.add("a"), s.add("b"),
		s.add("wake", at(queue.Wake)), s.add("c"), s.add("urgent", at(queue.Urgent)),
		s.add("b", at(queue.Urgent)), s.add("b", at(queue.Resync)))
	pass(time.Minute)
	return s.close(errors.Join(err, s.saw("0s busy#0",
		"1s b#0", "1s urgent#0", "1s wake#0", "1s a#0", "1s c#0", "1s schedule#0", "1s resync#0")))
}

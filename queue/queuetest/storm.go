package queuetest

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/addonkit/addonkit/queue"
)

// weathersStorm adds from many sides, with handlers that fail, panic and add on their own, and checks that the
// last wish about every key was carried out, one task of a queue at a time.
func weathersStorm(ctx context.Context, newRunner Make) error {
	const queues, keys, adders, adds = 7, 11, 8, 1000
	s := newStage(newRunner)
	st := &storm{wanted: map[string]int{}, done: map[string]int{}, active: map[string]bool{}}
	handler := func(_ context.Context, t queue.Task) error { return st.handle(t, s.Add) }
	ctx, cancel := context.WithCancel(ctx)
	s.cancel = cancel
	go func() { s.ended <- s.Run(ctx, handler) }()

	var all sync.WaitGroup
	for seed := range adders {
		dice := rand.New(rand.NewPCG(uint64(seed), 1))
		all.Go(func() {
			for range adds {
				st.add(fmt.Sprint("q", dice.IntN(queues)), fmt.Sprint("k", dice.IntN(keys)), dice.IntN(5)-2, s.Add)
				pause(time.Duration(dice.IntN(100)) * time.Millisecond)
			}
		})
	}
	all.Wait()
	pass(24 * time.Hour)
	st.mu.Lock()
	defer st.mu.Unlock()
	err := st.err
	for key, version := range st.wanted {
		if err == nil && st.done[key] != version {
			err = fmt.Errorf("lost: the last task of %s was version %d, the last done %d", key, version, st.done[key])
		}
	}
	return s.close(err)
}

type storm struct {
	mu           sync.Mutex
	wanted, done map[string]int // the last version added and done, by queue/key
	active       map[string]bool
	err          error
}

func (st *storm) add(q, key string, priority int, add func(queue.Task) error) {
	st.mu.Lock()
	defer st.mu.Unlock()
	id := q + "/" + key
	st.wanted[id]++
	t := queue.Task{Queue: q, Key: key, Priority: queue.Priority(priority), Payload: fmt.Append(nil, st.wanted[id])}
	st.err = errors.Join(st.err, add(t))
}

func (st *storm) handle(t queue.Task, add func(queue.Task) error) error {
	st.mu.Lock()
	if st.active[t.Queue] {
		st.err = fmt.Errorf("two tasks of queue %s ran at once", t.Queue)
	}
	st.active[t.Queue] = true
	st.mu.Unlock()
	defer func() {
		st.mu.Lock()
		defer st.mu.Unlock()
		st.active[t.Queue] = false
	}()
	pause(time.Duration(rand.IntN(20)) * time.Millisecond)
	switch rand.IntN(20) {
	case 0:
		return errPlanned
	case 1:
		panic("planned")
	case 2:
		return queue.After(time.Second, nil)
	case 3:
		st.add("q0", t.Key, 0, add)
	}
	st.mu.Lock()
	defer st.mu.Unlock()
	var version int
	if _, err := fmt.Sscan(string(t.Payload), &version); err != nil {
		st.err = errors.Join(st.err, err)
	}
	if id := t.Queue + "/" + t.Key; version < st.done[id] {
		st.err = fmt.Errorf("%s: version %d ran after version %d was done", id, version, st.done[id])
	} else {
		st.done[id] = version
	}
	return nil
}

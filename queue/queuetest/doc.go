// Package queuetest checks that an implementation of [queue.Runner] keeps the promises of package queue.
//
// [TestRunner] runs a required part, and one part for each further ability that the runner has. Everything
// happens in the virtual time of [testing/synctest], so a runner that stores its tasks elsewhere is tested with
// that elsewhere in memory.
package queuetest

import (
	"context"
	"testing"
	"testing/synctest"

	"github.com/addonkit/addonkit/queue"
)

// Make returns a new runner. It is called inside the bubble in which the runner is used.
type Make func(queue.Options) queue.Runner

// TestRunner runs every check that applies to what newRunner makes. Abilities that the runner does not have are
// reported as skipped.
func TestRunner(t *testing.T, newRunner Make) {
	for _, c := range checks() {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				if c.has != nil && !c.has(newRunner(options())) {
					t.Skip("the runner does not have this ability")
				}
				if err := c.run(t.Context(), newRunner); err != nil {
					t.Error(err)
				}
			})
		})
	}
}

// check is one promise. It returns what was broken, and leaves nothing running even then.
type check struct {
	name string
	has  func(queue.Runner) bool // nil: required
	run  func(context.Context, Make) error
}

func checks() []check {
	return []check{
		{name: "required/refuses what is not a task", run: refusesInvalid},
		{name: "required/order", run: keepsOrder},
		{name: "required/queues beside each other", run: runsQueuesBeside},
		{name: "required/coalescing", run: coalesces},
		{name: "required/once more", run: runsOnceMore},
		{name: "required/priority", run: respectsPriority},
		{name: "required/backoff", run: backsOff},
		{name: "required/place", run: keepsPlace},
		{name: "required/urgent passes", run: letsUrgentPass},
		{name: "required/changed input", run: resetsOnAdd},
		{name: "required/changed input while running", run: resetsOnAddWhileRunning},
		{name: "required/after", run: honoursAfter},
		{name: "required/stop", run: honoursStop},
		{name: "required/panic", run: fencesPanics},
		{name: "required/timeout", run: honoursTimeout},
		{name: "required/supersede", run: supersedes},
		{name: "required/end", run: endsWhole},
		{name: "required/ended before it began", run: startsNothingAfterEnd},
		{name: "required/rest", run: rests},
		{name: "required/storm", run: weathersStorm},
		{name: "inspector", has: has[queue.Inspector], run: inspects},
		{name: "remover/waiting", has: has[queue.Remover], run: removesWaiting},
		{name: "remover/running", has: has[queue.Remover], run: removesRunning},
		{name: "waker", has: has[queue.Waker], run: wakes},
	}
}

func has[A any](r queue.Runner) bool {
	_, ok := r.(A)
	return ok
}

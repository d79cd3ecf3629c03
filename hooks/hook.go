package hooks

import (
	"context"
	"time"

	"github.com/addonkit/addonkit/kubeevents"
)

// Moment is a moment in the life of a module or, for global hooks, of a converge.
type Moment string

// The moments.
const (
	Startup          Moment = "onStartup"        // first run of the module, or start of the operator
	BeforeAll        Moment = "beforeAll"        // global: before the modules of a converge
	AfterAll         Moment = "afterAll"         // global: after the modules of a converge
	BeforeHelm       Moment = "beforeHelm"       // module: before its release step
	AfterHelm        Moment = "afterHelm"        // module: after its release step
	BeforeDeleteHelm Moment = "beforeDeleteHelm" // module: before its release is removed
	AfterDeleteHelm  Moment = "afterDeleteHelm"  // module: after its release was removed
)

// On says at which moments a hook runs and with which order: lower runs first, equal orders run by name.
type On map[Moment]int

// Func is the body of a hook. It reads in and fills out; it must not keep either after it has returned, and must
// return soon after ctx has ended. What it put into out takes effect only when it returns nil, with the exceptions
// told at [Call].
type Func func(ctx context.Context, in *Input, out *Output) error

// Hook is a function and when it runs. It is data: it may be copied, and must not be changed once it is in use.
type Hook struct {
	// Name tells the hook from others of its module. It is seen in logs, metrics and provenance. Required.
	Name string
	// On holds the moments and orders.
	On On
	// Watch holds what the hook follows in the cluster.
	Watch []Watch
	// Schedule holds when the hook runs by the clock.
	Schedule []Schedule
	// AllowFailure lets a failed run of any binding count as done, instead of being retried.
	AllowFailure bool
	// MinInterval is the time between two runs of the hook, on average; events in between are delivered together.
	// 0: no limit. Up to Burst runs may follow each other at once; 0: 1.
	MinInterval time.Duration
	Burst       int
	// Timeout is the deadline of a run. 0: DefaultTimeout.
	Timeout time.Duration
	// Run is the body. Required.
	Run Func
}

// DefaultTimeout is the deadline of runs of hooks that set none.
const DefaultTimeout = 5 * time.Minute

// Watch is a set of objects that a hook follows. The hook runs with all of them at first (Synchronization), then on
// their changes; the objects as they are now are its snapshot.
type Watch struct {
	// Name is the binding's name, by which its snapshot is asked for. Unique in the hook. Required.
	Name  string
	Query kubeevents.Query
	// Events that run the hook. Nil: all. Empty but not nil: none, the watch is for its snapshot only.
	Events []kubeevents.EventType
	// SkipSynchronization leaves out the first run with all objects; the snapshot is filled nonetheless.
	SkipSynchronization bool
	// NoWait lets the module's release step go ahead before the Synchronization has run.
	NoWait bool
	// Queue is where runs wait; "": the queue of the module.
	Queue string
	// Group joins bindings: each firing of one is told as a change of the group, with the snapshots of all its watches.
	Group string
	// Include names further watches of the hook whose snapshots are delivered with this binding.
	Include []string
	// AllowFailure lets a failed run for this binding count as done.
	AllowFailure bool
}

// Schedule runs a hook by the clock.
type Schedule struct {
	// Name is the binding's name. Several schedules may share one. Required.
	Name string
	// Cron is when, as [ParseCron] reads it. Required.
	Cron string
	// Queue, Group, Include, AllowFailure: as in Watch.
	Queue, Group string
	Include      []string
	AllowFailure bool
}

// FindWatch returns the watch of that name.
func (h *Hook) FindWatch(name string) (Watch, bool) {
	for _, w := range h.Watch {
		if w.Name == name {
			return w, true
		}
	}
	return Watch{}, false
}

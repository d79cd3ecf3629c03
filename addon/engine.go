package addon

import (
	"sync"
	"time"

	"github.com/addonkit/addonkit/addon/internal/plan"
)

// engine owns the plan's state: it takes events, asks the plan what follows
// and hands the steps out. Steps only add tasks and set a timer, so an event
// never blocks whoever reports it.
type engine struct {
	do      func(plan.Step)
	saw     func(plan.State) // each new state, before its steps
	timeout time.Duration

	mu    sync.Mutex
	state plan.State
	timer *time.Timer
	ended bool
}

func newEngine(state plan.State, timeout time.Duration, do func(plan.Step), saw func(plan.State)) *engine {
	return &engine{state: state, timeout: timeout, do: do, saw: saw}
}

// happened takes an event. It may be called from any goroutine, but not from
// within do and saw.
func (e *engine) happened(event plan.Event) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.ended {
		return
	}
	var steps []plan.Step
	e.state, steps = plan.Next(e.state, event)
	e.saw(e.state)
	for _, step := range steps {
		if t, ok := step.(plan.StartTimer); ok {
			e.startTimer(plan.TimedOut{Stage: t.Stage, Level: t.Level})
			continue
		}
		e.do(step)
	}
}

// now is the present state; it is a value and may be kept.
func (e *engine) now() plan.State {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.state
}

// end stops the timer and drops all later events.
func (e *engine) end() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.ended = true
	if e.timer != nil {
		e.timer.Stop()
	}
}

func (e *engine) startTimer(event plan.TimedOut) {
	if e.timer != nil {
		e.timer.Stop()
	}
	e.timer = time.AfterFunc(e.timeout, func() { e.happened(event) })
}

package plan

import (
	"maps"
	"slices"
	"strings"
)

// Stage is where a converge stands.
type Stage string

// The stages of a converge, in their order.
const (
	Idle      Stage = "Idle"
	BeforeAll Stage = "BeforeAll"
	Deciding  Stage = "Deciding"
	Deleting  Stage = "Deleting"
	Running   Stage = "Running"
	AfterAll  Stage = "AfterAll"
)

// Attempt is what is known of a module's attempt in the current converge.
type Attempt string

// The states of an attempt.
const (
	None     Attempt = ""         // nothing was asked of the module in this converge
	Pending  Attempt = "Pending"  // it shall run, but may not begin yet
	Begun    Attempt = "Begun"    // its step was given out
	Overrun  Attempt = "Overrun"  // begun, and past the order timeout or blocked
	Ended    Attempt = "Ended"    // applied
	Failed   Attempt = "Failed"   // failed; its queue retries it
	Removing Attempt = "Removing" // its deletion was given out
)

// Module is what the plan knows of one module.
type Module struct {
	Name  string
	Order int
	// Needs are the modules that must be Ready before this one may begin.
	Needs []string
	// Stalled says why the module can never run as it stands (a cycle, a
	// missing target, a bad folder); "" otherwise.
	Stalled string

	// Enabled is the last decision, Decided whether there was one, Live whether something of the module is in
	// place (a release or running hooks) that disabling has to take away.
	Enabled, Decided, Live bool
	// Ready tells that the last attempt succeeded.
	Ready   bool
	Attempt Attempt
	// Number is that of the last Run step.
	Number int
	// Cause is why a Pending attempt was asked for; "": the converge.
	Cause string
}

// State is the whole of what the plan knows. It is a value: Next never
// changes the one it is given.
type State struct {
	Stage Stage
	// Again asks for another converge when this one ends.
	Again bool
	// Cause is what led to this converge, NextCause to the one after it.
	Cause, NextCause string
	// Level is the order whose modules may begin; meaningful while Running.
	Level int
	// First is true until the first converge has ended.
	First   bool
	Modules map[string]Module
}

// New is the state of an operator that has done nothing yet.
func New(modules ...Module) State {
	s := State{Stage: Idle, First: true, Modules: map[string]Module{}}
	for _, m := range modules {
		s.Modules[m.Name] = m
	}
	return s
}

// Sorted returns the modules in run order: by order, then by name.
func (s State) Sorted() []Module {
	return slices.SortedFunc(maps.Values(s.Modules), func(a, b Module) int {
		if a.Order != b.Order {
			return a.Order - b.Order
		}
		return strings.Compare(a.Name, b.Name)
	})
}

// Waiting names what a pending module waits for: the modules it needs that are
// not ready, or none when only its order holds it back.
func (s State) Waiting(name string) []string {
	var missing []string
	for _, need := range s.Modules[name].Needs {
		if m, ok := s.Modules[need]; !ok || !m.Enabled || !m.Ready {
			missing = append(missing, need)
		}
	}
	return missing
}

func (s State) clone() State {
	s.Modules = maps.Clone(s.Modules)
	return s
}

package plan

// Event is something that happened. Exactly one of the types below.
type Event interface{ event() }

// A Cause, in events and in the steps that follow from them, is for people.

// Changed asks for a converge: the operator started, global values, flags or
// the set of modules changed. One that runs is finished first, so that hooks
// which change global values again and again starve nobody; Now starts it over
// at once, for what a user changed.
type Changed struct {
	Now   bool
	Cause string
}

// Found names the modules of which something is in place from an earlier life.
type Found struct{ Live []string }

// BeforeAllDone reports that every beforeAll hook has succeeded.
type BeforeAllDone struct{}

// Decided brings the decision on modules. One that is not named stays as it
// was, and if nothing was ever decided on it, it is left alone.
type Decided struct{ Enabled map[string]bool }

// ModuleChanged asks for one module to run: its values or hooks want it.
type ModuleChanged struct{ Module, Cause string }

// AttemptEnded reports the end of one attempt of a module, good or not. A
// failed one is tried again by its queue and reported again. Number is that of
// the Run step that it carried out.
type AttemptEnded struct {
	Module string
	Number int
	OK     bool
}

// Blocked reports that an attempt waits for something that will not come soon,
// a kind that is not served or a permission: it holds back nobody any longer.
type Blocked struct{ Module string }

// Deleted reports the end of one attempt to delete a module.
type Deleted struct {
	Module string
	OK     bool
}

// TimedOut reports that the order timeout of a stage or level has passed.
type TimedOut struct {
	Stage Stage
	Level int
}

// AfterAllDone reports that the afterAll hooks have ended; GlobalChanged that
// they left other global values than they found.
type AfterAllDone struct{ GlobalChanged bool }

func (Changed) event()       {}
func (Found) event()         {}
func (BeforeAllDone) event() {}
func (Decided) event()       {}
func (ModuleChanged) event() {}
func (AttemptEnded) event()  {}
func (Blocked) event()       {}
func (Deleted) event()       {}
func (TimedOut) event()      {}
func (AfterAllDone) event()  {}

// Step is one thing to do. Exactly one of the types below; steps are carried
// out in their order and none waits for another.
type Step interface{ step() }

// RunBeforeAll runs the beforeAll hooks.
type RunBeforeAll struct{ Cause string }

// Decide asks which modules are enabled.
type Decide struct{}

// Run begins an attempt of a module. Number counts the module's attempts.
type Run struct {
	Module string
	Number int
	Cause  string
}

// Delete begins the deletion of a module.
type Delete struct{ Module, Cause string }

// StartTimer asks for a TimedOut of this stage and level after the order
// timeout; a later one replaces it.
type StartTimer struct {
	Stage Stage
	Level int
}

// RunAfterAll runs the afterAll hooks; Failed names the modules whose attempts
// failed or have not ended.
type RunAfterAll struct{ Failed []string }

// Finish tells that a converge has ended; First that it was the first one.
type Finish struct{ First bool }

func (RunBeforeAll) step() {}
func (Decide) step()       {}
func (Run) step()          {}
func (Delete) step()       {}
func (StartTimer) step()   {}
func (RunAfterAll) step()  {}
func (Finish) step()       {}

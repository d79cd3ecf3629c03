package plan

import "slices"

// Next is the state after e, and what to do about it.
func Next(s State, e Event) (State, []Step) {
	p := planner{State: s.clone()}
	switch e := e.(type) {
	case Changed:
		p.changed(e.Now, e.Cause)
	case Found:
		for _, name := range e.Live {
			p.update(name, func(m *Module) { m.Live = true })
		}
	case BeforeAllDone:
		p.beforeAllDone()
	case Decided:
		p.decided(e.Enabled)
	case ModuleChanged:
		p.moduleChanged(e.Module, e.Cause)
	case AttemptEnded:
		p.attemptEnded(e)
	case Blocked:
		p.update(e.Module, func(m *Module) {
			if m.Attempt == Begun {
				m.Attempt = Overrun
			}
		})
		p.proceed()
	case Deleted:
		p.deleted(e)
	case TimedOut:
		p.timedOut(e)
	case AfterAllDone:
		p.afterAllDone(e.GlobalChanged)
	}
	return p.State, p.steps
}

type planner struct {
	State
	steps []Step
}

func (p *planner) do(s Step) { p.steps = append(p.steps, s) }

func (p *planner) update(name string, change func(*Module)) {
	if m, ok := p.Modules[name]; ok {
		change(&m)
		p.Modules[name] = m
	}
}

func (p *planner) changed(now bool, cause string) {
	if now && p.Stage == BeforeAll {
		p.do(RunBeforeAll{cause}) // what failed may succeed on the new values
		return
	}
	under := p.Stage == Running || p.Stage == Deleting || p.Stage == AfterAll
	if p.Stage == Idle || now && under {
		p.Stage, p.Again, p.Cause = BeforeAll, false, cause
		p.do(RunBeforeAll{cause})
		return
	}
	p.Again, p.NextCause = true, cause
}

func (p *planner) beforeAllDone() {
	if p.Stage != BeforeAll {
		return
	}
	p.Stage, p.Again = Deciding, false // the decision sees all that came before it
	p.do(Decide{})
}

func (p *planner) decided(enabled map[string]bool) {
	if p.Stage != Deciding {
		p.redecided(enabled)
		return
	}
	if p.Again {
		p.Again = false
		p.do(Decide{})
		return
	}
	for _, m := range p.Sorted() {
		on, known := enabled[m.Name]
		p.update(m.Name, func(m *Module) {
			if known {
				m.Enabled, m.Decided = on, true
			}
			switch {
			case !m.Decided:
			case m.Enabled && m.Stalled == "":
				m.Attempt = Pending
			case m.Enabled:
				m.Attempt = Failed
			case m.Live:
				m.Attempt = Removing
			default:
				m.Attempt, m.Ready = None, false
			}
		})
	}
	p.Stage = Deleting
	p.delete()
}

// redecided takes a decision that comes after its time, from a decider that
// failed at first: it asks for a converge that will ask again.
func (p *planner) redecided(map[string]bool) { p.changed(false, "a decision that failed before") }

// delete gives out the deletions, highest order first, and goes on to running
// when none is left.
func (p *planner) delete() {
	modules := p.Sorted()
	slices.Reverse(modules)
	for _, m := range modules {
		if m.Attempt == Removing {
			p.do(Delete{m.Name, p.Cause})
		}
	}
	p.afterDelete()
	if p.Stage == Deleting {
		p.do(StartTimer{Stage: Deleting})
	}
}

func (p *planner) afterDelete() {
	for _, m := range p.Modules {
		if m.Attempt == Removing {
			return
		}
	}
	p.run()
}

func (p *planner) run() {
	p.Stage = Running
	modules := p.Sorted()
	if len(modules) > 0 {
		p.Level = modules[0].Order
	}
	p.advance()
}

func (p *planner) moduleChanged(name, cause string) {
	m, ok := p.Modules[name]
	if !ok || !m.Enabled || m.Stalled != "" {
		return
	}
	switch m.Attempt {
	case Pending: // it will see the change when it begins
	case None, Ended, Failed, Begun, Overrun:
		if p.Stage == BeforeAll || p.Stage == Deciding || p.Stage == Deleting {
			return // the coming run of all enabled modules includes it
		}
		if len(p.Waiting(name)) > 0 {
			p.update(name, func(m *Module) { m.Attempt, m.Cause = Pending, cause })
			return
		}
		p.give(name, cause)
	}
}

// give gives out the next attempt of a module.
func (p *planner) give(name, cause string) {
	p.update(name, func(m *Module) {
		m.Number++
		m.Live, m.Cause = true, ""
		p.do(Run{Module: name, Number: m.Number, Cause: cause})
	})
}

func (p *planner) attemptEnded(e AttemptEnded) {
	recovered := false
	p.update(e.Module, func(m *Module) {
		m.Ready = e.OK
		if m.Attempt == Pending || m.Attempt == Removing || e.Number != m.Number {
			return // overtaken by a new decision or a later step
		}
		recovered = e.OK && m.Attempt != Ended
		m.Attempt = Failed
		if e.OK {
			m.Attempt = Ended
		}
	})
	p.proceed()
	if recovered && p.Stage == Idle {
		p.Stage = AfterAll
		p.do(RunAfterAll{Failed: p.failed()})
	}
}

func (p *planner) deleted(e Deleted) {
	p.update(e.Module, func(m *Module) {
		if m.Attempt != Removing && m.Attempt != Failed {
			return
		}
		m.Ready = false
		if e.OK {
			m.Live, m.Attempt = false, None
		} else {
			m.Attempt = Failed
		}
	})
	p.proceed()
}

func (p *planner) timedOut(e TimedOut) {
	if e.Stage != p.Stage {
		return
	}
	for name, m := range p.Modules {
		switch {
		case p.Stage == Deleting && m.Attempt == Removing:
			p.update(name, func(m *Module) { m.Attempt = Failed })
		case p.Stage == Running && m.Attempt == Begun && m.Order <= e.Level:
			p.update(name, func(m *Module) { m.Attempt = Overrun })
		}
	}
	p.proceed()
}

// proceed goes on with the stage after something ended; outside a converge it
// lets those begin that waited for what has just become ready.
func (p *planner) proceed() {
	switch p.Stage {
	case Deleting:
		p.afterDelete()
	case Running:
		p.advance()
	case Idle, AfterAll:
		p.begin(func(Module) bool { return true })
	}
}

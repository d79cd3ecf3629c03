package plan

import "cmp"

// advance gives out every attempt that may begin, opens the next level when
// the present one holds nobody back any more, and ends the stage after the
// last.
func (p *planner) advance() {
	for {
		if p.begin(func(m Module) bool { return m.Order <= p.Level }) {
			p.do(StartTimer{Stage: Running, Level: p.Level})
		}
		if p.levelHeld() {
			return
		}
		next, ok := p.nextLevel()
		if !ok {
			break
		}
		p.Level = next
	}
	p.Stage = AfterAll
	p.do(RunAfterAll{Failed: p.failed()})
}

// begin gives out the pending attempts that pass and whose needs hold.
func (p *planner) begin(pass func(Module) bool) (begun bool) {
	for _, m := range p.Sorted() {
		if m.Attempt != Pending || !pass(m) || len(p.Waiting(m.Name)) > 0 {
			continue
		}
		p.update(m.Name, func(m *Module) { m.Attempt = Begun })
		p.give(m.Name, cmp.Or(m.Cause, p.Cause))
		begun = true
	}
	return begun
}

// levelHeld tells whether an attempt of this level or a lower one is still to
// end. A module that waits for something that cannot come true in this
// converge holds nobody back.
func (p *planner) levelHeld() bool {
	for _, m := range p.Modules {
		if m.Order > p.Level {
			continue
		}
		if m.Attempt == Begun || m.Attempt == Pending && p.hopeful(m.Name, map[string]bool{}) {
			return true
		}
	}
	return false
}

// hopeful tells whether everything that a pending module waits for may still
// become ready within this level.
func (p *planner) hopeful(name string, seen map[string]bool) bool {
	if seen[name] {
		return false
	}
	seen[name] = true
	for _, need := range p.Waiting(name) {
		m := p.Modules[need]
		switch {
		case m.Attempt == Begun:
		case m.Attempt == Pending && m.Order <= p.Level && p.hopeful(need, seen):
		default:
			return false
		}
	}
	return true
}

func (p *planner) nextLevel() (int, bool) {
	for _, m := range p.Sorted() {
		if m.Order > p.Level && m.Attempt == Pending {
			return m.Order, true
		}
	}
	return 0, false
}

func (p *planner) failed() []string {
	var names []string
	for _, m := range p.Sorted() {
		if m.Enabled && m.Attempt != Ended {
			names = append(names, m.Name)
		}
	}
	return names
}

// afterAllDone ends the converge. Attempts that are still Pending go on
// waiting for their needs and begin when those hold.
func (p *planner) afterAllDone(globalChanged bool) {
	if p.Stage != AfterAll {
		return
	}
	p.Stage = Idle
	p.do(Finish{First: p.First})
	p.First = false
	if p.Again || globalChanged {
		p.changed(false, cmp.Or(p.NextCause, "afterAll hooks changed global values"))
	}
}

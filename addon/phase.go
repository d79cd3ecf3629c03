package addon

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/addonkit/addonkit/addon/internal/plan"
)

// observe notes which modules are in another phase than before, and returns
// those for which that is news.
func (b *board) observe(state plan.State) []ModuleStatus {
	var changes []ModuleStatus
	for _, m := range state.Sorted() {
		s := b.status(state, m)
		b.change(m.Name, func(f *facts) {
			if s.Phase == f.phase {
				return
			}
			f.phase = s.Phase
			if s.Phase != Running && s.Phase != f.said && m.Decided { // passing by Running says nothing
				f.said, f.changed = s.Phase, time.Now()
				changes = append(changes, s)
			}
		})
	}
	return changes
}

// status joins what the plan and the board know of a module.
func (b *board) status(state plan.State, m plan.Module) ModuleStatus {
	s := ModuleStatus{Name: m.Name, Enabled: m.Enabled}
	b.change(m.Name, func(f *facts) {
		if f.waiting != nil {
			s.WaitingFor = f.waiting()
		}
		s.Phase = phaseOf(m, len(s.WaitingFor) > 0)
		s.EnabledBy, s.EnabledReason = f.verdict.by, f.verdict.reason
		s.Revision, s.Message, s.ConfigError = f.revision, f.message, f.configError
		s.Attempts, s.LastChange = f.attempts, f.changed
		for _, trouble := range []string{f.failure, f.undecided} {
			if trouble != "" {
				s.Message = trouble
			}
		}
		if s.Phase == Ready && len(f.failing) > 0 {
			s.Phase = Failed
			s.Message = strings.Join(slices.Sorted(maps.Values(f.failing)), "; ")
		}
	})
	switch {
	case !m.Decided && m.Stalled == "":
		s.WaitingFor = []string{"the first decision on what is enabled"}
	case s.Phase == Waiting:
		s.WaitingFor = append(s.WaitingFor, state.Waiting(m.Name)...)
	}
	if m.Stalled != "" {
		s.Message = m.Stalled
	}
	return s
}

func phaseOf(m plan.Module, watching bool) Phase {
	switch {
	case m.Stalled != "":
		return Stalled
	case !m.Decided:
		return Waiting
	case !m.Enabled && m.Live:
		return Deleting
	case !m.Enabled:
		return Disabled
	case watching || m.Attempt == plan.Pending || m.Attempt == plan.None:
		return Waiting
	case m.Attempt == plan.Failed:
		return Failed
	case m.Attempt == plan.Ended:
		return Ready
	}
	return Running
}

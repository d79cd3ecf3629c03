package hooks

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/addonkit/addonkit/hooks/internal/proto"
	"github.com/addonkit/addonkit/kubeevents"
)

var (
	globalMoments = []Moment{Startup, BeforeAll, AfterAll}
	moduleMoments = []Moment{Startup, BeforeHelm, AfterHelm, BeforeDeleteHelm, AfterDeleteHelm}
	eventTypes    = []kubeevents.EventType{kubeevents.Added, kubeevents.Modified, kubeevents.Deleted}
)

// Validate tells everything that is wrong with the declaration, as one error: names, moments that global hooks or
// module hooks do not have, unknown watches, unreadable crontabs. Whether the cluster serves a kind is not looked at.
func (h Hook) Validate(global bool) error {
	var problems []error
	bad := func(format string, args ...any) {
		problems = append(problems, fmt.Errorf("hook %q: "+format, append([]any{h.Name}, args...)...))
	}
	if h.Name == "" {
		bad("has no name")
	}
	if h.Run == nil {
		bad("has no Run function")
	}
	if len(h.On)+len(h.Watch)+len(h.Schedule) == 0 {
		bad("declares nothing that would ever run it; give it On, Watch or Schedule")
	}
	if h.MinInterval < 0 || h.Burst < 0 || h.Timeout < 0 {
		bad("MinInterval, Burst and Timeout must not be negative")
	}
	for _, m := range slices.Sorted(maps.Keys(h.On)) {
		if problem := checkMoment(m, global); problem != "" {
			bad("%s", problem)
		}
	}
	names := h.watchNames()
	for i, w := range h.Watch {
		for _, problem := range w.problems(names, slices.Contains(names[:i], w.Name)) {
			bad("watch %q: %s", w.Name, problem)
		}
	}
	for _, s := range h.Schedule {
		for _, problem := range s.problems(names) {
			bad("schedule %q: %s", s.Name, problem)
		}
	}
	return errors.Join(problems...)
}

// MomentsOf lists the moments that global hooks, or else module hooks, have.
func MomentsOf(global bool) []Moment {
	if global {
		return slices.Clone(globalMoments)
	}
	return slices.Clone(moduleMoments)
}

func checkMoment(m Moment, global bool) string {
	allowed, other, kind := moduleMoments, globalMoments, "global hooks"
	if global {
		allowed, other, kind = globalMoments, moduleMoments, "hooks of modules"
	}
	switch {
	case slices.Contains(allowed, m):
		return ""
	case slices.Contains(other, m):
		return fmt.Sprintf("%s is a moment of %s only", m, kind)
	}
	known := make([]string, len(allowed))
	for i, a := range allowed {
		known[i] = string(a)
	}
	return fmt.Sprintf("unknown moment %q%s", m, proto.DidYouMean(string(m), known))
}

func (h *Hook) watchNames() []string {
	names := make([]string, len(h.Watch))
	for i, w := range h.Watch {
		names[i] = w.Name
	}
	return names
}

func (w *Watch) problems(watches []string, twice bool) []string {
	var list []string
	if w.Name == "" {
		list = append(list, "has no name")
	}
	if twice {
		list = append(list, "another watch has this name; snapshots are told apart by names")
	}
	if w.Query.Kind == "" {
		list = append(list, "its query has no kind")
	}
	for _, e := range w.Events {
		if !slices.Contains(eventTypes, e) {
			list = append(list, fmt.Sprintf("unknown event %q; there are Added, Modified and Deleted", e))
		}
	}
	return append(list, includeProblems(w.Include, watches)...)
}

func (s *Schedule) problems(watches []string) []string {
	var list []string
	if s.Name == "" {
		list = append(list, "has no name")
	}
	if _, err := ParseCron(s.Cron); err != nil {
		list = append(list, err.Error())
	}
	return append(list, includeProblems(s.Include, watches)...)
}

func includeProblems(include, watches []string) []string {
	var list []string
	for i, name := range include {
		if !slices.Contains(watches, name) {
			list = append(list, fmt.Sprintf("includes the snapshot of an unknown watch %q%s", name, proto.DidYouMean(name, watches)))
		} else if slices.Contains(include[:i], name) {
			list = append(list, fmt.Sprintf("includes the snapshot of %q twice", name))
		}
	}
	return list
}

package addon

import (
	"fmt"
	"strings"

	"github.com/addonkit/addonkit/addon/internal/plan"
	"github.com/addonkit/addonkit/queue"
	"github.com/addonkit/addonkit/values"
)

// addModules gives each module its place. What is wrong with one module stalls
// that module; an error is about the list as a whole.
func (o *Operator) addModules(list []Module) (plan.State, error) {
	o.modules, o.byKey = map[string]*module{}, map[string]*module{}
	var planned []plan.Module
	var names []string
	for _, m := range list {
		if m.Name == "" {
			return plan.State{}, fmt.Errorf("addon: a module has no name")
		}
		if _, ok := o.modules[m.Name]; ok {
			return plan.State{}, fmt.Errorf("addon: two modules are named %q; rename one", m.Name)
		}
		added := &module{Module: m, op: o}
		o.modules[m.Name] = added
		names = append(names, m.Name)
		planned = append(planned, plan.Module{Name: m.Name, Order: m.Order, Needs: needed(m), Stalled: o.prepare(added)})
	}
	for i, m := range planned {
		for _, need := range m.Needs {
			if _, ok := o.modules[need]; !ok && planned[i].Stalled == "" {
				planned[i].Stalled = fmt.Sprintf("needs module %q, which does not exist%s", need, nearest(need, names))
			}
		}
	}
	return plan.New(plan.StallCycles(planned)...), nil
}

// prepare gives a module its section of values and its unit of hooks, and
// returns why that cannot be.
func (o *Operator) prepare(m *module) (stalled string) {
	key, err := values.Key(m.Name)
	if err == nil && m.Err != nil {
		err = m.Err
	}
	if err == nil {
		err = o.store.SetSection(key, m.Values)
	}
	m.key = key
	if key != "" {
		o.byKey[key] = m
	}
	name, q := m.Name, moduleQueueAt+m.Name
	m.unit = &unit{op: o, module: name, key: key, queue: q, source: m.Hooks, elsewhere: map[*watch]bool{},
		wake: func(cause string) {
			number := o.engine.now().Modules[name].Number
			o.add(queue.Task{Queue: q, Kind: kindRun, Priority: queue.Wake, Cause: cause}, payload{Module: name, Number: number})
		}}
	if err != nil {
		return err.Error()
	}
	return ""
}

func needed(m Module) []string {
	var names []string
	for _, n := range m.Needs {
		names = append(names, n.Module)
	}
	return names
}

// nearest suggests the name that was probably meant.
func nearest(name string, names []string) string {
	best, least := "", len(name)/2+1
	for _, candidate := range names {
		if d := distance(name, candidate); d < least {
			best, least = candidate, d
		}
	}
	if best == "" {
		return ""
	}
	return fmt.Sprintf("; did you mean %q?", best)
}

// distance counts the single-letter edits between two names.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		previous := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := previous
			if !strings.EqualFold(a[i:i+1], b[j:j+1]) {
				cost++
			}
			previous = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}

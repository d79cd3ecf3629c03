package addon

import (
	"fmt"

	"github.com/addonkit/addonkit/addon/internal/dag"
	"github.com/addonkit/addonkit/addon/internal/plan"
	"github.com/addonkit/addonkit/queue"
	"github.com/addonkit/addonkit/values"
)

// addModules gives each module its place. What is wrong with one module stalls
// that module; an error is about the list as a whole.
func (o *Operator) addModules(list []Module) (plan.State, error) {
	o.modules, o.byKey = map[string]*module{}, map[string]*module{}
	var planned []plan.Module
	for _, m := range list {
		if m.Name == "" {
			return plan.State{}, fmt.Errorf("addon: a module has no name")
		}
		if _, ok := o.modules[m.Name]; ok {
			return plan.State{}, fmt.Errorf("addon: two modules are named %q; rename one", m.Name)
		}
		added := &module{Module: m, op: o}
		o.modules[m.Name] = added
		planned = append(planned, plan.Module{Name: m.Name, Order: m.Order, Needs: needed(m), Stalled: o.prepare(added)})
	}
	needs := graph(list)
	for i, m := range planned {
		if problem := needs.Problem(m.Name); problem != nil && m.Stalled == "" {
			planned[i].Stalled = problem.Error()
		}
	}
	return plan.New(planned...), nil
}

// graph is the modules as they need each other.
func graph(list []Module) *dag.Graph {
	var nodes []dag.Node
	for _, m := range list {
		nodes = append(nodes, dag.Node{Name: m.Name, Needs: needed(m)})
	}
	return dag.New(nodes...)
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
	m.unit = &unit{op: o, module: name, key: key, queue: q, source: m.Hooks,
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

package addon

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"sync"

	"github.com/addonkit/addonkit/addon/internal/plan"
	"github.com/addonkit/addonkit/values"
)

// enabledModules is the key under the global values where hooks, deciders and
// the charts that name it find the enabled modules, in run order.
const enabledModules = "enabledModules"

// enabledList is the last decision as others see it.
type enabledList struct {
	mu    sync.Mutex
	names []string
}

func (l *enabledList) set(names []string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.names = names
}

func (l *enabledList) get() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.names
}

// seenValues are the effective values with what the engine adds to them.
func (o *Operator) seenValues() values.View {
	return withEnabled(o.store.View(), o.enabled.get())
}

func withEnabled(view values.View, names []string) values.View {
	list := make([]any, len(names))
	for i, name := range names {
		list[i] = name
	}
	with, err := view.With("/"+values.Global+"/"+enabledModules, list)
	if err != nil {
		return view // cannot be: the pointer and the names are well-formed
	}
	return with
}

// verdict is a decision with who took it.
type verdict struct {
	enabled bool
	by      string
	reason  string
}

// decide asks in run order which modules are enabled. A decider that fails
// leaves its module as it was and is asked again.
func (o *Operator) decide(ctx context.Context) error {
	state := o.engine.now()
	decided := map[string]bool{}
	var on []string
	var errs []error
	for _, known := range state.Sorted() {
		m := o.modules[known.Name]
		v, err := o.ask(ctx, m, known, on)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("module %s: %w", m.Name, err))
			o.log.Error(err, "enabling not decided; the module stays as it was", logModule, m.Name)
			o.board.undecided(m.Name, err)
			if known.Enabled {
				on = append(on, m.Name)
			}
			continue
		}
		o.board.decided(m.Name, v)
		decided[m.Name] = v.enabled
		if v.enabled {
			on = append(on, m.Name)
		}
	}
	o.enabled.set(on)
	if state.Stage == plan.Deciding || differs(state, decided) {
		o.engine.happened(plan.Decided{Enabled: decided})
	}
	return errors.Join(errs...)
}

// ask weighs the opinions on one module: its default, static flag, hooks' flag
// and the configuration, each stronger than the one before; then the decider,
// who may only say no.
//
// Of a module that is stalled only the configuration is believed: its own
// opinions may be what could not be read, and errors disable nothing.
func (o *Operator) ask(ctx context.Context, m *module, known plan.Module, on []string) (verdict, error) {
	v := verdict{enabled: !m.OffByDefault, by: "default"}
	flags := o.store.Flag(m.key)
	if known.Stalled != "" {
		v = verdict{enabled: known.Enabled || known.Live || !m.OffByDefault, by: "default"}
		flags.Static, flags.Hook = nil, nil
	}
	for _, opinion := range []struct {
		by   string
		flag *values.Flag
	}{{"static", flags.Static}, {"hook", flags.Hook}, {"config", flags.Config}} {
		if opinion.flag != nil {
			v = verdict{enabled: opinion.flag.Value, by: opinion.by, reason: opinion.flag.Origin.Source}
		}
	}
	if !v.enabled || m.Enabled == nil || known.Stalled != "" {
		return v, nil
	}
	decision, err := m.Enabled(ctx, EnabledInput{
		Module: m.Name,
		Values: withEnabled(o.store.View(), on).Select(values.Global, m.key),
		Config: o.store.ConfigView().Select(values.Global, m.key),
	})
	if err != nil {
		return v, err
	}
	if decision.Enabled != nil && !*decision.Enabled {
		v = verdict{by: "script", reason: decision.Reason}
	}
	return v, nil
}

func differs(state plan.State, decided map[string]bool) bool {
	was := map[string]bool{}
	for name := range decided {
		was[name] = state.Modules[name].Enabled
	}
	return !maps.Equal(was, decided)
}

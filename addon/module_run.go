package addon

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/addonkit/addonkit/addon/internal/plan"
	"github.com/addonkit/addonkit/helmclient"
	"github.com/addonkit/addonkit/hooks"
)

// module is a Module at work.
type module struct {
	Module
	op   *Operator
	key  string
	unit *unit

	// Owned by the tasks of the module's queue.
	chart *chart
}

// run is one attempt: the hooks' start, beforeHelm, the release, afterHelm.
func (m *module) run(ctx context.Context, number int, cause string) error {
	if state := m.op.engine.now().Modules[m.Name]; !state.Enabled {
		return nil // disabled while this waited
	}
	begun := time.Now()
	done, err := m.attempt(ctx, cause)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err == nil && !done {
		return nil // its start waits; it will be woken
	}
	m.op.metrics.moduleRan(m.Name, begun, err)
	m.op.board.attempted(m.Name, err)
	m.op.engine.happened(plan.AttemptEnded{Module: m.Name, Number: number, OK: err == nil})
	if err != nil {
		m.op.log.Error(err, "module failed; it will be tried again", logModule, m.Name, logCause, cause)
	}
	return err
}

func (m *module) attempt(ctx context.Context, cause string) (done bool, err error) {
	if started, err := m.unit.start(ctx); err != nil || !started {
		return false, err
	}
	for _, h := range m.unit.at(hooks.BeforeHelm) {
		if _, err := m.op.runMoment(ctx, h, hooks.BeforeHelm, cause); err != nil {
			return false, err
		}
	}
	if err := m.apply(ctx, cause); err != nil {
		return false, err
	}
	again := false
	for _, h := range m.unit.at(hooks.AfterHelm) {
		commit, err := m.op.runMoment(ctx, h, hooks.AfterHelm, cause)
		if err != nil {
			return false, err
		}
		again = again || commit.Values
	}
	if again {
		m.op.engine.happened(plan.ModuleChanged{Module: m.Name, Cause: "afterHelm hooks changed values"})
	}
	return true, nil
}

// apply brings the release in step with the values.
func (m *module) apply(ctx context.Context, cause string) error {
	if err := m.op.store.CheckRender(m.key); err != nil {
		return err
	}
	if m.chart == nil {
		loaded, err := loadChart(m.Module)
		if err != nil {
			return err
		}
		m.chart = loaded
	}
	if m.chart.none() {
		return nil
	}
	view := m.op.store.View()
	if m.chart.namesEnabled {
		view = m.op.seenValues()
	}
	result, err := m.op.helm.Apply(ctx, helmclient.Request{
		Name:      m.Name,
		Namespace: m.namespace(),
		Chart:     m.chart.Chart,
		Values:    m.chart.values(m.Module, m.key, view),
		Labels:    m.op.opts.Labels,
		Adopt:     m.op.opts.Adopt,
		CRDs:      m.op.opts.CRDs,
		History:   m.op.opts.History,
		Timeout:   m.op.opts.ReleaseTimeout,
		Cause:     cause,
	})
	if err != nil {
		return fmt.Errorf("release: %w", err)
	}
	if result.Action != helmclient.Skipped {
		m.op.log.Info("release changed", logModule, m.Name, logRevision, result.Revision, "action", result.Action, logCause, cause)
	}
	m.op.board.applied(m.Name, result)
	return nil
}

// delete takes the module away: beforeDeleteHelm, the release, afterDeleteHelm,
// then its hooks and what they patched. A retry goes through all of it again,
// each step finding what is left to do.
func (m *module) delete(ctx context.Context, cause string) error {
	if state := m.op.engine.now().Modules[m.Name]; state.Enabled {
		return nil // enabled again while this waited
	}
	err := m.remove(ctx, cause)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	m.op.board.deleted(m.Name, err)
	m.op.engine.happened(plan.Deleted{Module: m.Name, OK: err == nil})
	if err != nil {
		m.op.log.Error(err, "module not deleted; it will be tried again", logModule, m.Name)
		return err
	}
	m.op.log.Info("module deleted", logModule, m.Name, logCause, cause)
	return nil
}

func (m *module) remove(ctx context.Context, cause string) error {
	if err := m.unit.load(ctx); err != nil {
		return err
	}
	_, err := m.op.helm.Status(ctx, m.namespace(), m.Name)
	switch {
	case errors.Is(err, helmclient.ErrNotFound):
	case err != nil:
		return err
	default:
		for _, h := range m.unit.at(hooks.BeforeDeleteHelm) {
			if _, err := m.op.runMoment(ctx, h, hooks.BeforeDeleteHelm, cause); err != nil {
				return err
			}
		}
		if err := m.op.uninstall(ctx, m.namespace(), m.Name); err != nil {
			return err
		}
	}
	for _, h := range m.unit.at(hooks.AfterDeleteHelm) {
		if _, err := m.op.runMoment(ctx, h, hooks.AfterDeleteHelm, cause); err != nil {
			return err
		}
	}
	m.unit.stop()
	m.op.store.DropPatches(m.key)
	return nil
}

func (m *module) namespace() string {
	if m.Namespace != "" {
		return m.Namespace
	}
	return m.op.opts.Namespace
}

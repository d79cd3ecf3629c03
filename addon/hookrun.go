package addon

import (
	"context"
	"fmt"
	"time"

	"github.com/addonkit/addonkit/addon/internal/plan"
	"github.com/addonkit/addonkit/hooks"
	"github.com/addonkit/addonkit/kubeevents"
	"github.com/addonkit/addonkit/values"
)

// runHook runs a hook once and carries its Output out: the configuration
// write, the object changes in their order, then values, flags and metrics in
// one commit. If any of it fails nothing of the values is committed, and the
// retry carries out the Output of a new run.
func (o *Operator) runHook(ctx context.Context, h *hook, letters []letter, cause string) (values.Commit, error) {
	log := o.log.WithValues(logModule, h.unit.module, logHook, h.Name)
	in := o.input(h, letters, cause)
	in.Log = log
	begun := time.Now()
	commit, err := o.attempt(ctx, h, in)
	o.metrics.hookRan(h, begun, err)
	if err == nil {
		log.V(1).Info("hook ran", logCause, cause, logTook, time.Since(begun), "valuesChanged", commit.Values)
	}
	return commit, err
}

func (o *Operator) attempt(ctx context.Context, h *hook, in *hooks.Input) (values.Commit, error) {
	out, err := hooks.Call(ctx, h.Hook, in)
	if err != nil {
		o.salvage(ctx, h, out)
		return values.Commit{}, err
	}
	commit, err := o.carryOut(ctx, h, in, out)
	o.hookMetrics.Apply(h.unit.module, h.Name, out.Metrics) // those of a failed run count too
	if err != nil {
		return values.Commit{}, fmt.Errorf("hook %s: %w", h.Name, err)
	}
	return commit, nil
}

func (o *Operator) carryOut(ctx context.Context, h *hook, in *hooks.Input, out *hooks.Output) (values.Commit, error) {
	prepared, err := o.store.Prepare(out.ValuesChange(in))
	if err != nil {
		return values.Commit{}, err
	}
	if doc, version, changed := prepared.Config(); changed {
		saved, err := o.config.Save(ctx, h.unit.key, doc, version)
		if err != nil {
			return values.Commit{}, fmt.Errorf("save the configuration of %s: %w", h.unit.key, err)
		}
		prepared.Saved(saved)
	}
	if err := o.writer.Apply(ctx, out.Changes); err != nil {
		return values.Commit{}, err
	}
	return prepared.Commit()
}

// salvage carries out what survives of a failed run.
func (o *Operator) salvage(ctx context.Context, h *hook, out *hooks.Output) {
	o.hookMetrics.Apply(h.unit.module, h.Name, out.Metrics)
	if err := o.writer.Apply(ctx, out.Changes); err != nil {
		o.log.Error(err, "object changes of a failed hook", logModule, h.unit.module, logHook, h.Name)
	}
}

// input takes the snapshots of one moment and the values of another and puts
// them before the hook.
func (o *Operator) input(h *hook, letters []letter, cause string) *hooks.Input {
	now := h.snapshots()
	view, config := o.seenValues(), o.store.ConfigView()
	in := &hooks.Input{Hook: h.Name, Module: h.unit.module, Key: h.unit.key, Cause: cause, Snapshots: now}
	in.Global, _ = view.At("/" + values.Global)
	in.Values, _ = view.At("/" + h.unit.key)
	in.GlobalConfig, _ = config.At("/" + values.Global)
	in.Config, _ = config.At("/" + h.unit.key)
	var fired []hooks.Context
	for _, l := range letters {
		fired = append(fired, l.context)
		if l.watch != nil {
			l.watch.seen = now[l.watch.Name]
		}
	}
	in.Contexts = h.Contexts(fired, now)
	return in
}

// snapshots are those of all watches of the hook at one moment.
func (h *hook) snapshots() hooks.Snapshots {
	var open []*watch
	var subs []*kubeevents.Subscription
	for _, w := range h.watches {
		if w.sub != nil {
			open, subs = append(open, w), append(subs, w.sub)
		}
	}
	now := hooks.Snapshots{}
	for i, s := range h.unit.op.watcher.Together(subs...) {
		now[open[i].Name] = s
	}
	return now
}

// follow tells the plan what a hook's run at an event or a schedule changed.
func (o *Operator) follow(u *unit, done values.Commit, cause string) {
	switch {
	case u.module == "" && (done.Values || len(done.Flags) > 0):
		o.log.Info("global values or flags changed", logCause, cause)
		o.engine.happened(plan.Changed{Cause: cause})
	case u.module != "" && done.Values:
		o.log.Info("values changed", logModule, u.module, logCause, cause)
		o.engine.happened(plan.ModuleChanged{Module: u.module, Cause: cause})
	}
}

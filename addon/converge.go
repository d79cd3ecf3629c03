package addon

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/addonkit/addonkit/addon/internal/plan"
	"github.com/addonkit/addonkit/helmclient"
	"github.com/addonkit/addonkit/hooks"
	"github.com/addonkit/addonkit/queue"
	"github.com/addonkit/addonkit/values"
)

// setConfig takes what users configured, at first and after every change.
func (o *Operator) setConfig(c values.Config) {
	change := o.store.SetConfig(c)
	o.board.configErrors(o.byKey, change.Errors)
	for key, err := range change.Errors {
		o.log.Error(err, "section of the configuration refused; the last good one stays in force", "section", key)
	}
	first := false
	o.configured.Do(func() {
		first = true
		o.add(queue.Task{Queue: mainQueue, Kind: kindStart, Cause: "operator started"}, payload{})
	})
	if o.board.starting() {
		if !first { // what failed may succeed with this
			o.add(queue.Task{Queue: mainQueue, Kind: kindStart, Cause: "configuration changed"}, payload{})
		}
		return // the first converge sees it
	}
	global := len(change.Enabled) > 0
	for _, key := range change.Sections {
		global = global || key == values.Global
	}
	if global {
		o.log.Info("configuration changed", "sections", change.Sections, "enabled", change.Enabled)
		o.engine.happened(plan.Changed{Now: true, Cause: "configuration changed"})
	}
	for _, key := range change.Sections {
		if m, ok := o.byKey[key]; ok {
			o.log.Info("configuration changed", logModule, m.Name)
			o.engine.happened(plan.ModuleChanged{Module: m.Name, Cause: "configuration changed"})
		}
	}
}

// start begins the operator's life: what is deployed, then the global hooks,
// then the first converge.
func (o *Operator) start(ctx context.Context) error {
	if !o.board.starting() {
		return nil
	}
	live, err := o.deployed(ctx)
	if err != nil {
		return fmt.Errorf("list releases: %w", err)
	}
	o.engine.happened(plan.Found{Live: live})
	started, err := o.global.start(ctx)
	if err != nil || !started {
		return err
	}
	o.board.startDone()
	o.engine.happened(plan.Changed{Cause: "operator started"})
	return nil
}

func (o *Operator) beforeAll(ctx context.Context) error {
	for _, h := range o.global.at(hooks.BeforeAll) {
		if _, err := o.runMoment(ctx, h, hooks.BeforeAll, "converge"); err != nil {
			return err
		}
	}
	o.engine.happened(plan.BeforeAllDone{})
	return nil
}

func (o *Operator) afterAll(ctx context.Context, failed []string) error {
	before := o.globalDigest()
	for _, h := range o.global.at(hooks.AfterAll) {
		if _, err := o.runMoment(ctx, h, hooks.AfterAll, "converge"); err != nil {
			return err
		}
	}
	if len(failed) > 0 {
		o.log.Info("converge ended with modules that failed", "failed", failed)
	}
	o.engine.happened(plan.AfterAllDone{GlobalChanged: o.globalDigest() != before})
	return nil
}

func (o *Operator) globalDigest() string {
	global, _ := o.store.View().At("/" + values.Global)
	return global.Digest()
}

// deployed names the modules that have a release of ours.
func (o *Operator) deployed(ctx context.Context) ([]string, error) {
	var names []string
	err := o.eachRelease(ctx, func(s helmclient.Status) error {
		if m, ok := o.modules[s.Name]; ok && m.namespace() == s.Namespace {
			names = append(names, s.Name)
			o.board.found(s)
		}
		return nil
	})
	return names, err
}

// purge uninstalls releases of ours that belong to no module. Releases of
// others, and of modules that are merely disabled, are not its business.
func (o *Operator) purge(ctx context.Context) error {
	return o.eachRelease(ctx, func(s helmclient.Status) error {
		if m, ok := o.modules[s.Name]; ok && m.namespace() == s.Namespace {
			return nil
		}
		o.log.Info("release without a module is uninstalled", "release", s.Name, "namespace", s.Namespace)
		return o.uninstall(ctx, s.Namespace, s.Name)
	})
}

func (o *Operator) uninstall(ctx context.Context, namespace, name string) error {
	_, err := o.helm.Delete(ctx, helmclient.DeleteRequest{Name: name, Namespace: namespace, Timeout: o.opts.ReleaseTimeout})
	if err != nil && !errors.Is(err, helmclient.ErrNotFound) {
		return fmt.Errorf("uninstall %s/%s: %w", namespace, name, err)
	}
	return nil
}

func (o *Operator) eachRelease(ctx context.Context, do func(helmclient.Status) error) error {
	var errs []error
	for _, namespace := range o.namespaces() {
		releases, err := o.helm.List(ctx, namespace)
		if err != nil {
			return err
		}
		for _, s := range releases {
			if s.Ours {
				errs = append(errs, do(s))
			}
		}
	}
	return errors.Join(errs...)
}

// namespaces are those in which releases of ours may live.
func (o *Operator) namespaces() []string {
	names := []string{o.opts.Namespace}
	for _, m := range o.modules {
		if !slices.Contains(names, m.namespace()) {
			names = append(names, m.namespace())
		}
	}
	return names
}

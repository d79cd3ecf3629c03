package helmclient

import (
	"context"
	"errors"
	"fmt"

	"helm.sh/helm/v3/pkg/chartutil"
	"helm.sh/helm/v3/pkg/release"
	helmtime "helm.sh/helm/v3/pkg/time"

	"github.com/addonkit/addonkit/helmclient/internal/decide"
	"github.com/addonkit/addonkit/helmclient/internal/manifest"
	"github.com/addonkit/addonkit/helmclient/internal/record"
	"github.com/addonkit/addonkit/helmclient/internal/render"
)

// Apply implements [Client].
func (x *Executor) Apply(ctx context.Context, r Request) (Result, error) {
	if err := r.Validate(); err != nil {
		return Result{Action: Failed}, releaseError(r.Namespace, r.Name, err)
	}
	release, err := x.hold(ctx, r.Namespace, r.Name)
	if err != nil {
		return Result{Action: Failed}, releaseError(r.Namespace, r.Name, err)
	}
	defer release()
	op := &operation{Executor: x, r: r, outer: ctx}
	ctx, cancel := context.WithTimeout(ctx, or(r.Timeout, x.timeout))
	defer cancel()
	err = op.apply(ctx)
	if err != nil && op.result.Action != Skipped {
		op.result.Action = Failed
	}
	return op.result, releaseError(r.Namespace, r.Name, err)
}

// Validate finds what is missing or misspelt in a request, without a cluster.
func (r Request) Validate() error {
	switch {
	case r.Chart == nil:
		return errors.New("Request.Chart is missing")
	case r.Namespace == "":
		return errors.New("Request.Namespace is missing")
	case chartutil.ValidateReleaseName(r.Name) != nil:
		return fmt.Errorf("Request.Name %q: a release name is a DNS label of at most 53 characters", r.Name)
	}
	return nil
}

// operation is one Apply.
type operation struct {
	*Executor
	r     Request
	outer context.Context //nolint:containedctx // the caller's, without the operation's own deadline

	history []record.Meta // oldest first
	inputs  string
	caps    *chartutil.Capabilities
	lookups *render.Lookups
	mark    record.Mark

	result Result
}

func (op *operation) apply(ctx context.Context) error {
	rule, err := op.observe(ctx)
	if err != nil {
		return err
	}
	op.result = Result{Revision: op.last().Revision, Reason: rule.Why, Digest: op.inputs}
	switch rule.Then {
	case decide.Skip:
		op.result.Action = Skipped
		return nil
	case decide.Refuse:
		return fail(PhaseCheck, "", manifest.Ref{}, foreignError(op.last()))
	case decide.Repair:
		op.result.Action = Repaired
		return op.repair(ctx)
	case decide.Compare:
		same, err := op.compare(ctx)
		if same || err != nil {
			op.result.Action = Skipped
			return err
		}
	}
	switch rule.Then {
	case decide.Install:
		op.result.Action = Installed
	case decide.Recover:
		op.result.Action = Recovered
	default:
		op.result.Action = Upgraded
	}
	return op.revise(ctx)
}

// compare renders as the newest revision was rendered. If the result is the same, the mark is brought up
// to date and no revision is made.
func (op *operation) compare(ctx context.Context) (bool, error) {
	last := op.last()
	out, err := op.render(ctx, last.Revision, everGood(op.history[:len(op.history)-1]))
	if err != nil {
		return false, err
	}
	if renderingDigest(out) != last.Mark.Rendering {
		return false, nil
	}
	rel, meta, err := op.store.Get(ctx, op.r.Namespace, op.r.Name, last.Revision)
	if err != nil {
		return false, fail(PhaseRecord, "", manifest.Ref{}, err)
	}
	mark := last.Mark
	mark.Cluster, mark.Lookups = op.mark.Cluster, op.lookups.Seen()
	op.result.Reason = "what the chart sees of the cluster changed, but not what it renders"
	_, err = op.update(ctx, rel, mark, meta)
	return true, err
}

func (op *operation) render(ctx context.Context, revision int, upgrade bool) (*render.Output, error) {
	if op.caps == nil {
		var err error
		if op.caps, err = op.cluster.Capabilities(ctx); err != nil {
			return nil, fail(PhaseRender, "", manifest.Ref{}, err)
		}
		op.caps = op.withOwnKinds(op.caps)
	}
	out, err := render.Render(ctx, render.Input{
		Chart: op.r.Chart.loaded.Helm, Values: op.r.Values,
		Name: op.r.Name, Namespace: op.r.Namespace, Revision: revision, Upgrade: upgrade,
		Capabilities: op.caps, Lookups: op.lookups, Labels: op.r.Labels,
	})
	return out, fail(PhaseRender, "", manifest.Ref{}, err)
}

func (op *operation) withOwnKinds(caps *chartutil.Capabilities) *chartutil.Capabilities {
	if kinds := op.r.Chart.kinds(); len(kinds) > 0 && op.r.CRDs != CRDsSkip {
		return withKinds(caps, kinds)
	}
	return caps
}

// revise makes a new revision. Everything that can be refused is refused before the first write.
func (op *operation) revise(ctx context.Context) error {
	revision := op.last().Revision + 1
	upgrade := everGood(op.history)
	out, err := op.render(ctx, revision, upgrade)
	if err != nil {
		return err
	}
	base, err := op.baseline(ctx)
	if err != nil {
		return err
	}
	plan, err := op.plan(ctx, out, base)
	if err != nil {
		return err
	}
	op.mark.Instance, op.mark.Epoch, op.mark.Inputs = op.instance, op.epoch, op.inputs
	op.mark.Rendering, op.mark.Lookups = renderingDigest(out), op.lookups.Seen()
	op.mark.Leftovers = plan.prune

	rel := op.newRelease(out, base, revision, upgrade)
	meta, err := op.begin(ctx, rel)
	if err != nil {
		return err
	}
	op.result.Revision = revision
	err = op.carryOut(ctx, plan, &hookRun{op.Executor, rel, !base.clean && len(base.revisions) > 0, op.r.DisableHooks}, upgrade)
	return op.finish(rel, meta, base, err)
}

func (op *operation) carryOut(ctx context.Context, p *plan, hooks *hookRun, upgrade bool) error {
	before, after := release.HookPreInstall, release.HookPostInstall
	if upgrade {
		before, after = release.HookPreUpgrade, release.HookPostUpgrade
	}
	if err := op.createCRDs(ctx, p); err != nil {
		return err
	}
	ran, err := hooks.run(ctx, before)
	if err != nil {
		return err
	}
	if ran {
		p.forgetLive() // hooks may have changed what was read
	}
	if err := op.applyAll(ctx, p); err != nil {
		return err
	}
	if err := op.pruneAll(ctx, p.prune); err != nil {
		return err
	}
	_, err = hooks.run(ctx, after)
	return err
}

func (op *operation) newRelease(out *render.Output, base *baseline, revision int, upgrade bool) *release.Release {
	now := helmtime.Now()
	rel := &release.Release{
		Name: op.r.Name, Namespace: op.r.Namespace, Version: revision,
		Chart: out.Chart, Config: out.Config, Manifest: out.Manifest, Hooks: out.Hooks,
		Info: &release.Info{
			FirstDeployed: now, LastDeployed: now, Notes: out.Notes,
			Status: release.StatusPendingInstall, Description: "Initial install underway",
		},
	}
	if upgrade {
		rel.Info.Status, rel.Info.Description = release.StatusPendingUpgrade, "Preparing upgrade"
	}
	if !base.firstDeployed.IsZero() {
		rel.Info.FirstDeployed = base.firstDeployed
	}
	return rel
}

func (op *operation) last() record.Meta {
	if len(op.history) == 0 {
		return record.Meta{}
	}
	return op.history[len(op.history)-1]
}

package helmclient

import (
	"context"
	"fmt"
	"slices"

	"github.com/addonkit/addonkit/helmclient/internal/cluster"
	"github.com/addonkit/addonkit/helmclient/internal/decide"
	"github.com/addonkit/addonkit/helmclient/internal/manifest"
	"github.com/addonkit/addonkit/helmclient/internal/record"
	"github.com/addonkit/addonkit/helmclient/internal/render"
)

// observe looks at records and inputs. For a release that is as it should be it sends no request while
// Run runs, unless the chart looks at the cluster.
func (op *operation) observe(ctx context.Context) (decide.Rule, error) {
	var err error
	if op.history, err = op.records.History(ctx, op.r.Namespace, op.r.Name); err != nil {
		return decide.Rule{}, fail(PhaseRecord, "", manifest.Ref{}, err)
	}
	values, err := canonical(op.r.Values)
	if err != nil {
		return decide.Rule{}, fail(PhaseCheck, ReasonInvalidRequest, manifest.Ref{}, err)
	}
	op.inputs = inputDigest(op.r, values)
	op.lookups = &render.Lookups{Dynamic: op.dynamic, Mapping: op.cluster.Mapping}

	last := op.last()
	o := decide.Observation{State: last.State, Repair: op.r.Repair}
	if o.Owner, err = op.ownerOf(ctx, last, op.r.TakeOver); err != nil {
		return decide.Rule{}, err
	}
	o.Inputs = o.Owner == decide.Ours && last.Mark.Inputs == op.inputs
	uses := op.r.Chart.loaded.Uses.In(values)
	if uses.KubeVersion || uses.APIVersions {
		if op.caps, err = op.cluster.Capabilities(ctx); err != nil {
			return decide.Rule{}, fail(PhaseRender, "", manifest.Ref{}, err)
		}
		op.caps = op.withOwnKinds(op.caps)
		op.mark.Cluster = cluster.Digest(op.caps, uses)
	}
	if o.Inputs && last.State == "deployed" {
		o.Cluster = last.Mark.Cluster == op.mark.Cluster
		if o.Cluster {
			if o.Cluster, err = op.lookups.Same(ctx, last.Mark.Lookups); err != nil {
				return decide.Rule{}, fail(PhaseRender, "", manifest.Ref{}, fmt.Errorf("repeat lookups: %w", err))
			}
		}
	}
	return decide.Release(o), nil
}

// ownerOf tells whose a revision is. Other instances are asked after only when they have left it in flight.
func (x *Executor) ownerOf(ctx context.Context, m record.Meta, takeOver bool) (decide.Owner, error) {
	switch {
	case m.Verified && m.Mark.Instance == x.instance:
		return decide.Ours, nil
	case m.Pending() && takeOver:
		return decide.Dead, nil
	case !m.Verified || !m.Pending() || x.ownerAlive == nil:
		return decide.Foreign, nil
	}
	alive, err := x.ownerAlive(ctx, m.Mark.Instance, m.Mark.Epoch)
	if err != nil {
		return "", fail(PhaseCheck, ReasonUnavailable, manifest.Ref{}, fmt.Errorf("is %s alive: %w", m.Mark.Instance, err))
	}
	if alive {
		return decide.Foreign, nil
	}
	return decide.Dead, nil
}

// everGood tells whether a revision was wholly applied since the last uninstall. Until then every attempt
// is an installation, with its hooks.
func everGood(history []record.Meta) bool {
	for _, m := range slices.Backward(history) {
		if m.State == "uninstalled" {
			return false
		}
		if m.Good() {
			return true
		}
	}
	return false
}

func foreignError(m record.Meta) error {
	e := &ForeignError{Revision: m.Revision, State: m.State, Owner: "an unknown owner"}
	switch {
	case m.Verified:
		e.Owner = "instance " + m.Mark.Instance
	case m.Writer != "":
		e.Owner = m.Writer
	}
	return e
}

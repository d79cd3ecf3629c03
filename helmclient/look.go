package helmclient

import (
	"context"

	"helm.sh/helm/v3/pkg/release"

	"github.com/addonkit/addonkit/helmclient/internal/decide"
	"github.com/addonkit/addonkit/helmclient/internal/manifest"
	"github.com/addonkit/addonkit/helmclient/internal/record"
	"github.com/addonkit/addonkit/helmclient/internal/render"
)

// Render implements [Client]. It renders what the next Apply would.
func (x *Executor) Render(ctx context.Context, r Request) (Rendering, error) {
	out, err := x.renderOnly(ctx, r)
	return out, releaseError(r.Namespace, r.Name, err)
}

func (x *Executor) renderOnly(ctx context.Context, r Request) (Rendering, error) {
	if err := r.Validate(); err != nil {
		return Rendering{}, err
	}
	op := &operation{Executor: x, r: r, outer: ctx}
	rule, err := op.observe(ctx)
	if err != nil {
		return Rendering{}, err
	}
	revision, before := op.last().Revision+1, op.history
	switch rule.Then {
	case decide.Skip, decide.Repair, decide.Compare:
		revision, before = op.last().Revision, op.history[:len(op.history)-1]
	}
	out, err := op.render(ctx, revision, everGood(before))
	if err != nil {
		return Rendering{}, err
	}
	objects, err := manifest.Parse(out.Manifest)
	if err != nil {
		return Rendering{}, fail(PhaseRender, "", manifest.Ref{}, err)
	}
	for _, o := range objects {
		x.place(ctx, o, r.Namespace)
	}
	return renderingOf(out, objects), nil
}

func renderingOf(out *render.Output, objects []manifest.Object) Rendering {
	r := Rendering{Manifest: out.Manifest, Notes: out.Notes, Digest: renderingDigest(out)}
	for _, o := range objects {
		r.Objects = append(r.Objects, objectOf(manifest.RefOf(o.Unstructured)))
	}
	for _, h := range out.Hooks {
		r.Hooks = append(r.Hooks, hookOf(h))
	}
	return r
}

func hookOf(h *release.Hook) Hook {
	out := Hook{Object: Object{Kind: h.Kind, Name: h.Name}, Weight: h.Weight, Manifest: h.Manifest}
	if objects, err := manifest.Parse(h.Manifest); err == nil && len(objects) > 0 {
		out.Object = objectOf(manifest.RefOf(objects[0].Unstructured))
	}
	for _, e := range h.Events {
		out.Events = append(out.Events, e.String())
	}
	for _, p := range h.DeletePolicies {
		out.Delete = append(out.Delete, p.String())
	}
	return out
}

// Status implements [Client].
func (x *Executor) Status(ctx context.Context, namespace, name string) (Status, error) {
	history, err := x.records.History(ctx, namespace, name)
	if err == nil && len(history) == 0 {
		err = ErrNotFound
	}
	if err != nil {
		return Status{}, releaseError(namespace, name, fail(PhaseRecord, "", manifest.Ref{}, err))
	}
	return x.statusOf(history[len(history)-1]), nil
}

// List implements [Client].
func (x *Executor) List(ctx context.Context, namespace string) ([]Status, error) {
	metas, err := x.records.List(ctx, namespace)
	if err != nil {
		return nil, releaseError(namespace, "*", fail(PhaseRecord, "", manifest.Ref{}, err))
	}
	out := make([]Status, 0, len(metas))
	for _, m := range metas {
		out = append(out, x.statusOf(m))
	}
	return out, nil
}

func (x *Executor) statusOf(m record.Meta) Status {
	s := Status{Name: m.Name, Namespace: m.Namespace, Revision: m.Revision, State: m.State, Updated: m.Updated}
	if m.Verified {
		s.Instance, s.Digest = m.Mark.Instance, m.Mark.Inputs
		s.Ours = s.Instance == x.instance
	}
	return s
}

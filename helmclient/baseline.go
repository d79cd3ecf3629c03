package helmclient

import (
	"context"

	"helm.sh/helm/v3/pkg/release"
	helmtime "helm.sh/helm/v3/pkg/time"
	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/addonkit/addonkit/helmclient/internal/manifest"
	"github.com/addonkit/addonkit/helmclient/internal/record"
)

// baseline is what earlier revisions applied: the last good one and every attempt since.
type baseline struct {
	revisions     []revision // oldest first
	leftovers     []manifest.Ref
	good          *revision // nil when no revision was ever wholly applied
	clean         bool      // the newest revision is the good one, so what it says is what was applied
	firstDeployed helmtime.Time
}

type revision struct {
	meta    record.Meta
	release *release.Release
	objects map[manifest.Ref]manifest.Object
	order   []manifest.Ref
}

// baseline reads as many records as there are revisions since the last good one.
func (op *operation) baseline(ctx context.Context) (*baseline, error) {
	return readBaseline(ctx, op.store, op.history, op.place)
}

// readBaseline reads records; place completes the namespaces of their objects.
func readBaseline(ctx context.Context, store *record.Store, history []record.Meta, place func(context.Context, manifest.Object, string)) (*baseline, error) {
	b := &baseline{}
	from := len(history)
	for i := len(history) - 1; i >= 0 && history[i].State != "uninstalled"; i-- {
		if from = i; history[i].Good() {
			break
		}
	}
	for _, m := range history[from:] {
		rel, meta, err := store.Get(ctx, m.Namespace, m.Name, m.Revision)
		if apierrors.IsNotFound(err) {
			continue // trimmed meanwhile
		}
		if err != nil {
			return nil, fail(PhaseRecord, "", manifest.Ref{}, err)
		}
		objects, err := manifest.Parse(rel.Manifest)
		if err != nil {
			return nil, fail(PhaseRecord, ReasonRecordFailed, manifest.Ref{}, err)
		}
		r := revision{meta: meta, release: rel, objects: map[manifest.Ref]manifest.Object{}}
		for _, o := range objects {
			place(ctx, o, m.Namespace)
			ref := manifest.RefOf(o.Unstructured)
			r.objects[ref.Key()] = o
			r.order = append(r.order, ref)
		}
		b.revisions = append(b.revisions, r)
		if meta.Verified {
			b.leftovers = append(b.leftovers, meta.Mark.Leftovers...)
		}
		b.firstDeployed = rel.Info.FirstDeployed
	}
	if n := len(b.revisions); n > 0 && b.revisions[0].meta.Good() {
		b.good = &b.revisions[0]
		b.clean = n == 1 && b.good.meta.State == "deployed"
		b.leftovers = leftoversSince(b.revisions)
	}
	return b, nil
}

// leftoversSince ignores those of the good revision, which pruned them.
func leftoversSince(revisions []revision) (out []manifest.Ref) {
	for _, r := range revisions[1:] {
		if r.meta.Verified {
			out = append(out, r.meta.Mark.Leftovers...)
		}
	}
	return out
}

// before returns the earlier manifests of an object, oldest first.
func (b *baseline) before(key manifest.Ref) (out []map[string]any) {
	for _, r := range b.revisions {
		if o, ok := r.objects[key]; ok {
			out = append(out, o.Object)
		}
	}
	return out
}

// inventory is every object that may exist because of this release, in the order of its first mention.
func (b *baseline) inventory() []manifest.Ref {
	var out []manifest.Ref
	seen := map[manifest.Ref]bool{}
	add := func(ref manifest.Ref) {
		if !seen[ref.Key()] {
			seen[ref.Key()] = true
			out = append(out, ref)
		}
	}
	for _, ref := range b.leftovers {
		add(ref)
	}
	for _, r := range b.revisions {
		for _, ref := range r.order {
			add(ref)
		}
	}
	return out
}

package helmclient

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"sync"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic"

	"github.com/addonkit/addonkit/helmclient/internal/manifest"
	"github.com/addonkit/addonkit/helmclient/internal/render"
)

// plan is what an operation will write, found out before the first write.
type plan struct {
	crds  []*target
	items []*target      // in the order of the manifest, which is Helm's install order
	prune []manifest.Ref // objects of earlier revisions that the chart no longer has
}

// target is one object as it should be.
type target struct {
	manifest.Object
	ref       manifest.Ref
	in        dynamic.ResourceInterface
	before    []map[string]any           // earlier manifests of it
	unchanged bool                       // its manifest is that of the last good revision
	read      bool                       // live is known
	live      *unstructured.Unstructured // nil: absent
	adopt     bool                       // it exists and is to be taken over
	wrote     bool
	defines   []definition
	fromCRDs  bool // of crds/
}

func (p *plan) forgetLive() {
	for _, t := range p.items {
		t.read, t.live = false, nil
	}
}

// plan reads each object that may have to be written, at most once.
func (op *operation) plan(ctx context.Context, out *render.Output, base *baseline) (*plan, error) {
	p := &plan{}
	if op.r.CRDs != CRDsSkip {
		for _, f := range op.r.Chart.loaded.CRDs {
			objects, err := manifest.Parse(string(f.Data))
			if err != nil {
				return nil, fail(PhasePlan, "", manifest.Ref{}, fmt.Errorf("%s: %w", f.Name, err))
			}
			for _, o := range objects {
				addLabels(o.Unstructured, op.r.Labels)
				p.crds = append(p.crds, &target{Object: o, ref: manifest.RefOf(o.Unstructured), defines: kindsOf(o.Unstructured), fromCRDs: true})
			}
		}
	}
	objects, err := manifest.Parse(out.Manifest)
	if err != nil {
		return nil, fail(PhasePlan, "", manifest.Ref{}, err)
	}
	for _, o := range objects {
		p.items = append(p.items, &target{Object: o, defines: kindsOf(o.Unstructured)})
	}
	if err := op.resolve(ctx, p); err != nil {
		return nil, err
	}
	wanted := map[manifest.Ref]bool{}
	for _, t := range p.items {
		key := t.ref.Key()
		if wanted[key] {
			return nil, fail(PhasePlan, ReasonInvalidObject, t.ref, twice(t.Object, t.ref))
		}
		wanted[key] = true
		t.before = base.before(key)
		if base.clean && !op.r.Repair {
			was, ok := base.good.objects[key]
			t.unchanged = ok && reflect.DeepEqual(was.Object, t.Object.Object)
		}
	}
	for _, ref := range base.inventory() {
		if !wanted[ref.Key()] {
			p.prune = append(p.prune, ref)
		}
	}
	if err := op.readCRDs(ctx, p.crds); err != nil {
		return nil, err
	}
	return p, op.readAll(ctx, p.items)
}

// resolve finds the resource of each object and completes namespaces. Kinds that the chart itself defines
// are known before they are served.
func (op *operation) resolve(ctx context.Context, p *plan) error {
	own := map[schema.GroupVersionKind]definition{}
	for _, list := range [][]*target{p.crds, p.items} {
		for _, t := range list {
			for _, d := range t.defines {
				own[d.GVK] = d
			}
		}
	}
	var errs []error
	for _, list := range [][]*target{p.crds, p.items} {
		for _, t := range list {
			gvr, namespaced, err := op.resource(ctx, t.GroupVersionKind(), own)
			if err != nil {
				t.ref = manifest.RefOf(t.Unstructured)
				errs = append(errs, fail(PhasePlan, "", t.ref, &manifest.InvalidError{Source: t.Source, Err: err}))
				continue
			}
			t.in = op.at(t.Unstructured, gvr, namespaced, op.r.Namespace)
			t.ref = manifest.RefOf(t.Unstructured)
		}
	}
	return errors.Join(errs...)
}

func (op *operation) resource(ctx context.Context, gvk schema.GroupVersionKind, own map[schema.GroupVersionKind]definition) (schema.GroupVersionResource, bool, error) {
	if d, ok := own[gvk]; ok {
		return d.GVR, d.Namespaced, nil
	}
	m, err := op.cluster.Mapping(ctx, gvk)
	if err != nil {
		return schema.GroupVersionResource{}, false, err
	}
	return m.Resource, m.Scope.Name() == meta.RESTScopeNameNamespace, nil
}

// at returns where the object lives and completes its namespace.
func (x *Executor) at(o *unstructured.Unstructured, gvr schema.GroupVersionResource, namespaced bool, namespace string) dynamic.ResourceInterface {
	if !namespaced {
		o.SetNamespace("")
		return x.dynamic.Resource(gvr)
	}
	if o.GetNamespace() == "" {
		o.SetNamespace(namespace)
	}
	return x.dynamic.Resource(gvr).Namespace(o.GetNamespace())
}

// place completes the namespace of an object of an earlier revision, as far as its kind is still served.
func (x *Executor) place(ctx context.Context, o manifest.Object, namespace string) {
	if m, err := x.cluster.Mapping(ctx, o.GroupVersionKind()); err == nil {
		x.at(o.Unstructured, m.Resource, m.Scope.Name() == meta.RESTScopeNameNamespace, namespace)
	}
}

// readAll reads what may have to be written and refuses what belongs to others.
func (op *operation) readAll(ctx context.Context, items []*target) error {
	return op.each(ctx, items, func(t *target) error {
		if t.unchanged {
			return nil
		}
		return op.read(ctx, t)
	})
}

func (op *operation) read(ctx context.Context, t *target) error {
	if t.read {
		return nil
	}
	live, err := t.in.Get(ctx, t.ref.Name, metav1.GetOptions{})
	if err != nil && !apierrors.IsNotFound(err) {
		return fail(PhasePlan, "", t.ref, err)
	}
	t.read, t.live, t.adopt = true, nil, false
	if err != nil {
		return nil //nolint:nilerr // there is no such object
	}
	t.live = live
	t.adopt, err = op.mayTake(t)
	return fail(PhasePlan, "", t.ref, err)
}

// each runs fn for all items, a bounded number at a time, and returns all errors. No fn is started after
// ctx has ended; all have ended when it returns.
func (op *operation) each(ctx context.Context, items []*target, fn func(*target) error) error {
	slots := make(chan struct{}, op.parallel)
	errs := make([]error, len(items)+1)
	var wg sync.WaitGroup
	for i, t := range items {
		select {
		case slots <- struct{}{}:
		case <-ctx.Done():
		}
		if err := ctx.Err(); err != nil {
			errs[len(items)] = err
			break
		}
		wg.Go(func() {
			defer func() { <-slots }()
			errs[i] = fn(t)
		})
	}
	wg.Wait()
	return errors.Join(errs...)
}

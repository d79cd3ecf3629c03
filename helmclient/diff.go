package helmclient

import (
	"context"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"

	"github.com/addonkit/addonkit/helmclient/internal/decide"
	"github.com/addonkit/addonkit/helmclient/internal/merge"
)

// Differ is implemented by clients that can tell what Apply would change. [Executor] is one.
type Differ interface {
	// Diff tells what Apply would do. It writes nothing: the API server is asked by dry run, so that
	// defaults and webhooks have their say. It fails where Apply would before its first write.
	Diff(ctx context.Context, r Request) (Diff, error)
}

var _ Differ = (*Executor)(nil)

// Diff is what an Apply would do.
type Diff struct {
	Action  Action
	Reason  string
	Objects []ObjectDiff // in the order of the manifest, those to be removed last
}

// ObjectDiff is what would happen to one object.
type ObjectDiff struct {
	Object Object
	Verb   Verb
	Fields []FieldDiff // of an object that exists; sorted by path
}

// FieldDiff is one field that would change. It prints its path only.
type FieldDiff struct {
	Path     string // JSON pointer
	From, To any    // nil: absent; of a Secret's content "***" before and after
}

// String is the path.
func (f FieldDiff) String() string { return f.Path }

// GoString is the path.
func (f FieldDiff) GoString() string { return f.Path }

// Format prints the path.
func (f FieldDiff) Format(s fmt.State, _ rune) { _, _ = s.Write([]byte(f.Path)) }

// Diff implements [Differ].
func (x *Executor) Diff(ctx context.Context, r Request) (Diff, error) {
	d, err := x.diff(ctx, r)
	return d, releaseError(r.Namespace, r.Name, err)
}

func (x *Executor) diff(ctx context.Context, r Request) (Diff, error) {
	if err := r.Validate(); err != nil {
		return Diff{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, or(r.Timeout, x.timeout))
	defer cancel()
	op := &operation{Executor: x, r: r, outer: ctx}
	rule, err := op.observe(ctx)
	if err != nil {
		return Diff{}, err
	}
	d := Diff{Reason: rule.Why}
	switch rule.Then {
	case decide.Skip:
		d.Action = Skipped
		return d, nil
	case decide.Refuse:
		return d, foreignError(op.last())
	case decide.Install:
		d.Action = Installed
	case decide.Recover:
		d.Action = Recovered
	case decide.Repair:
		d.Action = Repaired
	default:
		d.Action = Upgraded
	}
	out, err := op.render(ctx, op.last().Revision+1, everGood(op.history))
	if err != nil {
		return Diff{}, err
	}
	if rule.Then == decide.Compare && renderingDigest(out) == op.last().Mark.Rendering {
		d.Action = Skipped
		return d, nil
	}
	base, err := op.baseline(ctx)
	if err != nil {
		return Diff{}, err
	}
	p, err := op.plan(ctx, out, base)
	if err != nil {
		return Diff{}, err
	}
	d.Objects, err = op.diffAll(ctx, p)
	return d, err
}

func (op *operation) diffAll(ctx context.Context, p *plan) ([]ObjectDiff, error) {
	all := slices.Concat(p.crds, p.items)
	found := map[*target]ObjectDiff{}
	var mu sync.Mutex
	err := op.each(ctx, all, func(t *target) error {
		o, err := op.diffOne(ctx, t)
		if o.Verb != "" {
			mu.Lock()
			found[t] = o
			mu.Unlock()
		}
		return fail(PhasePlan, "", t.ref, err)
	})
	var out []ObjectDiff
	for _, t := range all {
		if o, ok := found[t]; ok {
			out = append(out, o)
		}
	}
	for _, ref := range p.prune {
		out = append(out, ObjectDiff{Object: objectOf(ref), Verb: Removed})
	}
	return out, err
}

func (op *operation) diffOne(ctx context.Context, t *target) (ObjectDiff, error) {
	want := owned(t.Unstructured, op.r.Name, op.r.Namespace)
	if t.fromCRDs {
		want = t.Unstructured // belongs to no release
	}
	dry := metav1.CreateOptions{FieldManager: op.manager, FieldValidation: op.validation, DryRun: []string{metav1.DryRunAll}}
	switch {
	case t.unchanged:
		return ObjectDiff{}, nil
	case t.live == nil:
		_, err := t.in.Create(ctx, want, dry)
		if apierrors.IsNotFound(err) {
			err = nil // its namespace or its kind is yet to come
		}
		return ObjectDiff{Object: objectOf(t.ref), Verb: Created}, err
	case t.fromCRDs && op.r.CRDs == CRDsCreate:
		return ObjectDiff{}, nil // left as it is
	}
	patch, err := merge.ThreeWay(t.before, want, t.live)
	if err != nil || patch.Empty() {
		return ObjectDiff{}, err
	}
	after, err := t.in.Patch(ctx, t.ref.Name, types.MergePatchType, patch.Data, metav1.PatchOptions{
		FieldManager: op.manager, FieldValidation: op.validation, DryRun: dry.DryRun})
	verb := Updated
	if isImmutable(err) && slices.Contains(op.r.RecreateKinds, t.ref.Kind) {
		return ObjectDiff{Object: objectOf(t.ref), Verb: Replaced}, nil
	}
	if err != nil {
		return ObjectDiff{}, err
	}
	if t.adopt {
		verb = Adopted
	}
	o := ObjectDiff{Object: objectOf(t.ref), Verb: verb, Fields: fieldsOf(t.live, after)}
	if len(o.Fields) == 0 && !t.adopt {
		return ObjectDiff{}, nil
	}
	return o, nil
}

// fieldsOf compares what people wrote, not what the server keeps beside it.
func fieldsOf(before, after *unstructured.Unstructured) []FieldDiff {
	var out []FieldDiff
	for _, key := range keysOf(before.Object, after.Object) {
		if key == "status" {
			continue
		}
		a, b := before.Object[key], after.Object[key]
		if key == "metadata" {
			a, b = written(a), written(b)
		}
		compareFields("/"+key, a, b, &out)
	}
	if before.GetKind() == "Secret" {
		for i, f := range out {
			if strings.HasPrefix(f.Path, "/data") || strings.HasPrefix(f.Path, "/stringData") {
				out[i].From, out[i].To = mask(f.From), mask(f.To)
			}
		}
	}
	return out
}

func written(metadata any) any {
	m, _ := metadata.(map[string]any)
	m = maps.Clone(m)
	for _, k := range []string{"managedFields", "resourceVersion", "generation", "uid", "creationTimestamp"} {
		delete(m, k)
	}
	return m
}

func compareFields(path string, a, b any, out *[]FieldDiff) {
	if reflect.DeepEqual(a, b) {
		return
	}
	mapA, okA := a.(map[string]any)
	mapB, okB := b.(map[string]any)
	if okA && okB {
		for _, k := range keysOf(mapA, mapB) {
			compareFields(path+"/"+strings.NewReplacer("~", "~0", "/", "~1").Replace(k), mapA[k], mapB[k], out)
		}
		return
	}
	listA, okA := a.([]any)
	listB, okB := b.([]any)
	if okA && okB && len(listA) == len(listB) {
		for i := range listA {
			compareFields(path+"/"+strconv.Itoa(i), listA[i], listB[i], out)
		}
		return
	}
	*out = append(*out, FieldDiff{path, a, b})
}

func keysOf(a, b map[string]any) []string {
	all := maps.Clone(a)
	if all == nil {
		all = map[string]any{}
	}
	maps.Copy(all, b)
	return slices.Sorted(maps.Keys(all))
}

func mask(v any) any {
	if v == nil {
		return nil
	}
	return "***"
}

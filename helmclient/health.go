package helmclient

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/fluxcd/cli-utils/pkg/kstatus/status"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/addonkit/addonkit/helmclient/internal/cluster"
	"github.com/addonkit/addonkit/helmclient/internal/manifest"
)

// HealthState says how far an object, or a release, is from working.
type HealthState string

// The states of health.
const (
	Ready       HealthState = "Ready"
	Progressing HealthState = "Progressing" // not there yet, and may get there by itself
	Unhealthy   HealthState = "Unhealthy"   // will not get there by itself: a failed Job, an exceeded deadline
)

// Health is the worst of its objects.
type Health struct {
	State   HealthState
	Objects []ObjectHealth // those that are not Ready, in install order
}

// ObjectHealth is the health of one object and why.
type ObjectHealth struct {
	Object  Object
	State   HealthState
	Message string
}

// HealthRule replaces how an object's health is judged. The first rule that matches an object counts.
type HealthRule struct {
	Kind, Name string // "" matches all
	Ignore     bool   // always Ready
	Condition  string // the type of a condition that is True when the object is Ready
	// Judge looks at the object, which it must not change.
	Judge func(object map[string]any) (HealthState, string)
}

// HealthWatcher is implemented by clients that can follow the health of releases. [Executor] does.
type HealthWatcher interface {
	// WatchHealth calls fn with the health of the objects of the newest revision, at first and after every
	// change, from one goroutine at a time. It blocks until ctx ends, which is no error, or until it
	// cannot go on. It follows the objects of that revision only: call it again after an Apply.
	WatchHealth(ctx context.Context, namespace, name string, rules []HealthRule, fn func(Health)) error
}

var _ HealthWatcher = (*Executor)(nil)

// NotReadyError says which objects keep a release from being ready.
type NotReadyError struct{ Health Health }

func (e *NotReadyError) Error() string {
	var parts []string
	for _, o := range e.Health.Objects {
		parts = append(parts, fmt.Sprintf("%s is %s: %s", o.Object, o.State, o.Message))
	}
	return "not ready: " + strings.Join(parts, "; ")
}

// WaitReady waits until a release is Ready. It fails with a [*NotReadyError] as soon as an object is
// Unhealthy, or when ctx ends.
func WaitReady(ctx context.Context, w HealthWatcher, namespace, name string, rules ...HealthRule) error {
	watching, stop := context.WithCancel(ctx)
	defer stop()
	var last Health
	err := w.WatchHealth(watching, namespace, name, rules, func(h Health) {
		if last = h; h.State != Progressing {
			stop()
		}
	})
	switch {
	case err != nil:
		return err
	case last.State == Ready:
		return nil
	case last.State == Unhealthy:
		return &NotReadyError{last}
	}
	return errors.Join(context.Cause(ctx), &NotReadyError{last})
}

// WatchHealth implements [HealthWatcher]: it holds one watch for each object whose health is more than
// its existence, and no timer.
func (x *Executor) WatchHealth(ctx context.Context, namespace, name string, rules []HealthRule, fn func(Health)) error {
	objects, err := x.healthTargets(ctx, namespace, name)
	if err != nil {
		return releaseError(namespace, name, err)
	}
	outer := ctx
	ctx, stop := context.WithCancelCause(outer)
	defer stop(nil)
	board := &board{fn: fn, all: make([]ObjectHealth, len(objects))}
	var wg sync.WaitGroup
	for i, t := range objects {
		board.all[i] = ObjectHealth{Object: objectOf(t.ref), State: Progressing, Message: "not seen yet"}
		wg.Go(func() {
			err := cluster.Until(ctx, t.in, t.ref.Name, func(o *unstructured.Unstructured) (bool, error) {
				state, message := judge(o, rules)
				board.set(ctx, i, state, message)
				return false, nil
			})
			if ctx.Err() == nil {
				stop(fail(PhaseApply, "", t.ref, err))
			}
		})
	}
	if len(objects) == 0 {
		fn(Health{State: Ready})
		<-ctx.Done()
	}
	wg.Wait()
	if outer.Err() != nil {
		return nil
	}
	return releaseError(namespace, name, context.Cause(ctx))
}

// healthTargets are the objects of the newest revision.
func (x *Executor) healthTargets(ctx context.Context, namespace, name string) ([]*target, error) {
	history, err := x.records.History(ctx, namespace, name)
	if err == nil && len(history) == 0 {
		err = ErrNotFound
	}
	if err != nil {
		return nil, fail(PhaseRecord, "", manifest.Ref{}, err)
	}
	rel, _, err := x.store.Get(ctx, namespace, name, history[len(history)-1].Revision)
	if err != nil {
		return nil, fail(PhaseRecord, "", manifest.Ref{}, err)
	}
	objects, err := manifest.Parse(rel.Manifest)
	if err != nil {
		return nil, fail(PhaseRecord, ReasonRecordFailed, manifest.Ref{}, err)
	}
	var out []*target
	for _, o := range objects {
		if existenceIsAll(o.GetKind()) {
			continue
		}
		m, err := x.cluster.Mapping(ctx, o.GroupVersionKind())
		if err != nil {
			return nil, fail(PhasePlan, "", manifest.RefOf(o.Unstructured), err)
		}
		in := x.at(o.Unstructured, m.Resource, m.Scope.Name() == "namespace", namespace)
		out = append(out, &target{Object: o, ref: manifest.RefOf(o.Unstructured), in: in})
	}
	return out, nil
}

// existenceIsAll tells kinds that work as soon as they exist. They are not watched.
func existenceIsAll(kind string) bool {
	return slices.Contains([]string{"ConfigMap", "Secret", "ServiceAccount", "Role", "RoleBinding", "ClusterRole",
		"ClusterRoleBinding", "NetworkPolicy", "ResourceQuota", "LimitRange", "PriorityClass", "StorageClass",
		"IngressClass", "MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"}, kind)
}

// board collects what the watches see and tells what changed.
type board struct {
	mu   sync.Mutex
	all  []ObjectHealth
	told string
	fn   func(Health)
}

func (b *board) set(ctx context.Context, i int, state HealthState, message string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.all[i].State, b.all[i].Message = state, message
	h := Health{State: Ready}
	for _, o := range b.all {
		if o.State == Ready {
			continue
		}
		h.Objects = append(h.Objects, o)
		if o.State == Unhealthy || h.State == Ready {
			h.State = o.State
		}
	}
	if text := fmt.Sprint(h); text != b.told && ctx.Err() == nil {
		b.told = text
		b.fn(h)
	}
}

func judge(o *unstructured.Unstructured, rules []HealthRule) (HealthState, string) {
	if o == nil {
		return Progressing, "does not exist"
	}
	for _, r := range rules {
		if r.Kind != "" && r.Kind != o.GetKind() || r.Name != "" && r.Name != o.GetName() {
			continue
		}
		switch {
		case r.Ignore:
			return Ready, ""
		case r.Judge != nil:
			return r.Judge(o.Object)
		case r.Condition != "":
			return byCondition(o, r.Condition)
		}
	}
	if o.GroupVersionKind().GroupKind().String() == "Job.batch" {
		if condition(o, "Failed") == "True" {
			return Unhealthy, "the job failed" + because(o, "Failed")
		}
		return byCondition(o, "Complete")
	}
	result, err := status.Compute(o)
	switch {
	case err != nil:
		return Progressing, "its status cannot be read"
	case result.Status == status.CurrentStatus:
		return Ready, ""
	case result.Status == status.FailedStatus:
		return Unhealthy, result.Message
	}
	return Progressing, result.Message
}

func byCondition(o *unstructured.Unstructured, kind string) (HealthState, string) {
	if condition(o, kind) == "True" {
		return Ready, ""
	}
	return Progressing, "waits for condition " + kind + because(o, kind)
}

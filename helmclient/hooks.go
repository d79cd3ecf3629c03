package helmclient

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"helm.sh/helm/v3/pkg/release"
	helmtime "helm.sh/helm/v3/pkg/time"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"

	"github.com/addonkit/addonkit/helmclient/internal/cluster"
	"github.com/addonkit/addonkit/helmclient/internal/manifest"
)

// hookRun is the hooks of one release.
type hookRun struct {
	*Executor
	rel *release.Release
	// again says that an earlier attempt did not come to its end, so that objects of its hooks may be
	// left, whatever their policies say.
	again bool
	off   bool
}

// run carries out the hooks of one event, by weight and name, each to its end before the next.
func (x *hookRun) run(ctx context.Context, event release.HookEvent) (ran bool, err error) {
	if x.off {
		return false, nil
	}
	rel, all := x.rel, hooksOf(x.rel.Hooks, event)
	for i, h := range all {
		err := x.one(ctx, h)
		if err == nil {
			continue
		}
		err = fmt.Errorf("%s hook %s: %w", event, h.Path, err)
		if ctx.Err() != nil {
			return true, fail(PhaseHook, "", manifest.Ref{Kind: h.Kind, Name: h.Name, Namespace: rel.Namespace}, err)
		}
		errs := []error{err, x.deleteHook(ctx, rel, h, release.HookFailed)}
		for _, earlier := range all[:i] {
			errs = append(errs, x.deleteHook(ctx, rel, earlier, release.HookSucceeded))
		}
		return true, fail(PhaseHook, "", manifest.Ref{Kind: h.Kind, Name: h.Name, Namespace: rel.Namespace}, joined(errs))
	}
	for _, h := range slices.Backward(all) {
		if err := x.deleteHook(ctx, rel, h, release.HookSucceeded); err != nil {
			return true, fail(PhaseHook, "", manifest.Ref{Kind: h.Kind, Name: h.Name, Namespace: rel.Namespace}, err)
		}
	}
	return len(all) > 0, nil
}

// joined is the first error alone when there is no other.
func joined(errs []error) error {
	errs = slices.DeleteFunc(errs, func(err error) bool { return err == nil })
	if len(errs) == 1 {
		return errs[0]
	}
	return errors.Join(errs...)
}

// hooksOf keeps the order by kind among hooks of equal weight and name.
func hooksOf(hooks []*release.Hook, event release.HookEvent) []*release.Hook {
	var out []*release.Hook
	for _, h := range hooks {
		if slices.Contains(h.Events, event) {
			out = append(out, h)
		}
	}
	slices.SortStableFunc(out, func(a, b *release.Hook) int {
		if a.Weight != b.Weight {
			return a.Weight - b.Weight
		}
		return strings.Compare(a.Name, b.Name)
	})
	return out
}

func (x *hookRun) one(ctx context.Context, h *release.Hook) (err error) {
	if len(h.DeletePolicies) == 0 {
		h.DeletePolicies = []release.HookDeletePolicy{release.HookBeforeHookCreation}
	}
	policy := release.HookBeforeHookCreation
	if x.again {
		policy = h.DeletePolicies[0]
	}
	if err := x.deleteHook(ctx, x.rel, h, policy); err != nil {
		return err
	}
	h.LastRun = release.HookExecution{StartedAt: helmtime.Now(), Phase: release.HookPhaseRunning}
	defer func() {
		h.LastRun.CompletedAt, h.LastRun.Phase = helmtime.Now(), release.HookPhaseSucceeded
		if err != nil {
			h.LastRun.Phase = release.HookPhaseFailed
		}
	}()
	targets, err := x.hookTargets(ctx, x.rel, h)
	if err != nil {
		return err
	}
	for _, t := range targets {
		live, err := x.createObject(ctx, t.in, t.Unstructured)
		if err != nil {
			return err
		}
		t.live = live
	}
	for _, t := range targets {
		if err := cluster.Until(ctx, t.in, t.ref.Name, finished(t.live.GetUID())); err != nil {
			return fmt.Errorf("%s: %w", objectOf(t.ref), err)
		}
	}
	return nil
}

// deleteHook removes a hook's objects if its policies say so, and waits until they are gone.
// Definitions of custom resources are never removed, as their objects would go with them.
func (x *Executor) deleteHook(ctx context.Context, rel *release.Release, h *release.Hook, policy release.HookDeletePolicy) error {
	if h.Kind == "CustomResourceDefinition" || !slices.Contains(h.DeletePolicies, policy) {
		return nil
	}
	targets, err := x.hookTargets(ctx, rel, h)
	if err != nil {
		return err
	}
	var gone []*removed
	for _, t := range targets {
		err := x.deleteObject(ctx, t.in, t.ref.Name, "")
		if apierrors.IsNotFound(err) {
			continue
		}
		if err != nil {
			return err
		}
		gone = append(gone, &removed{ref: t.ref, in: t.in})
	}
	for _, r := range gone {
		live, err := r.in.Get(ctx, r.ref.Name, metav1.GetOptions{})
		if apierrors.IsNotFound(err) {
			continue
		}
		if err != nil {
			return err
		}
		if err := x.untilGone(ctx, r.ref, live.GetUID(), r.in); err != nil {
			return err
		}
	}
	return nil
}

func (x *Executor) hookTargets(ctx context.Context, rel *release.Release, h *release.Hook) ([]*target, error) {
	objects, err := manifest.Parse(h.Manifest)
	if err != nil {
		return nil, err
	}
	var out []*target
	for _, o := range objects {
		m, err := x.cluster.Mapping(ctx, o.GroupVersionKind())
		if err != nil {
			return nil, err
		}
		in := x.at(o.Unstructured, m.Resource, m.Scope.Name() == "namespace", rel.Namespace)
		out = append(out, &target{Object: o, ref: manifest.RefOf(o.Unstructured), in: in})
	}
	return out, nil
}

// finished tells when a hook's object has run: Jobs and Pods to their end, anything else at once.
func finished(uid types.UID) func(*unstructured.Unstructured) (bool, error) {
	return func(o *unstructured.Unstructured) (bool, error) {
		if o == nil || o.GetUID() != uid {
			return false, errors.New("was deleted before it had finished")
		}
		switch o.GroupVersionKind().GroupKind().String() {
		case "Job.batch":
			if condition(o, "Failed") == "True" {
				return false, errors.New("the job failed" + because(o, "Failed"))
			}
			return condition(o, "Complete") == "True", nil
		case "Pod":
			phase, _, _ := unstructured.NestedString(o.Object, "status", "phase")
			if phase == "Failed" {
				return false, errors.New("the pod failed")
			}
			return phase == "Succeeded", nil
		}
		return true, nil
	}
}

func because(o *unstructured.Unstructured, kind string) string {
	all, _, _ := unstructured.NestedSlice(o.Object, "status", "conditions")
	for _, c := range all {
		if m, ok := c.(map[string]any); ok && m["type"] == kind {
			return fmt.Sprintf(": %v: %v", m["reason"], m["message"])
		}
	}
	return ""
}

package checker

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/addonkit/addonkit/test/audit"
)

// Values that the edits of a run bring about.
const (
	NewKey    = "changed"
	TeamName  = "blue"
	NewTeamNS = "team-b"
)

func configValue(ctx context.Context, w *World) error {
	if err := w.settings(ctx, "vm.dirty_ratio=5", "vm.max_map_count=262144", "vm.swappiness=1"); err != nil {
		return err
	}
	return staticValue(ctx, w)
}

func upgrade(ctx context.Context, w *World) error {
	if err := w.upgraded(ctx, "sysctl-tuner"); err != nil {
		return err
	}
	tuner, err := w.tuner(ctx)
	if err != nil {
		return err
	}
	if command := strings.Join(tuner.Spec.Template.Spec.Containers[0].Command, " "); !strings.Contains(command, "sleep 60") {
		return fmt.Errorf("the tuner does not sleep 60: %s", command)
	}
	return w.sameReleases(ctx, "sysctl-tuner")
}

// sameReleases says whether all but the named releases are as when the step began.
func (w *World) sameReleases(ctx context.Context, but ...string) error {
	now, err := w.Releases(ctx)
	if err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(w.releases)) {
		if before := w.releases[name]; now[name] != before && !slices.Contains(but, name) {
			return fmt.Errorf("the release %s went from revision %d (%s) to %d (%s)", name,
				before.Revision, before.Status, now[name].Revision, now[name].Status)
		}
	}
	return nil
}

// unchanged lets the heartbeat measure the time: whoever ran two schedules since has also
// seen the edit.
func unchanged(ctx context.Context, w *World) error {
	if beat, err := w.lastBeat(ctx); err != nil || beat < w.beat+2 {
		return fmt.Errorf("the heartbeat has not come two beats further: %d after %d, %w", beat, w.beat, err)
	}
	if err := w.sameReleases(ctx); err != nil {
		return err
	}
	events, err := w.Audit.Since(w.mark)
	if err != nil {
		return err
	}
	heartbeat := func(e audit.Event) bool { return e.Resource == "configmaps" && strings.HasPrefix(e.Name, "heartbeat") }
	lease := audit.Kind("leases.coordination.k8s.io")
	writes := events.Where(audit.User(w.User), audit.Mutating, audit.Not(heartbeat), audit.Not(lease))
	if len(writes) > 0 {
		return fmt.Errorf("the operator wrote, for example: %s", writes[0])
	}
	return nil
}

func followed(ctx context.Context, w *World) error {
	found, err := w.Kube.CoreV1().Secrets(TargetNamespace).Get(ctx, SourceSecret, metav1.GetOptions{})
	if err != nil {
		return err
	}
	if string(found.Data["key"]) != NewKey {
		return fmt.Errorf("the copy of %s in %s was not changed", SourceSecret, TargetNamespace)
	}
	return nil
}

func removed(ctx context.Context, w *World) error {
	_, err := w.Kube.CoreV1().Secrets(TargetNamespace).Get(ctx, SourceSecret, metav1.GetOptions{})
	if err == nil {
		return fmt.Errorf("the copy of %s in %s is still there", SourceSecret, TargetNamespace)
	}
	if apierrors.IsNotFound(err) {
		return nil
	}
	return err
}

func pythonHook(ctx context.Context, w *World) error {
	if err := w.needsPython(ctx); err != nil {
		return err
	}
	report, err := w.configMap(ctx, "python-report")
	if err != nil {
		return err
	}
	if !strings.Contains(report["report"], TeamName+": "+NewTeamNS) {
		return fmt.Errorf("the report does not name the team %s", TeamName)
	}
	return w.upgraded(ctx, "python-report")
}

func globalValue(ctx context.Context, w *World) error {
	zones, err := w.zones(ctx)
	if err != nil {
		return err
	}
	if err := w.replicas(ctx, "sysctl-exporter", len(zones)); err != nil {
		return err
	}
	flaky, err := w.configMap(ctx, "flaky")
	if err != nil {
		return err
	}
	if want := strings.Join(zones, " "); flaky["zones"] != want {
		return fmt.Errorf("flaky's release has the zones %q, not %q", flaky["zones"], want)
	}
	return nil
}

// zones are those of the nodes, sorted.
func (w *World) zones(ctx context.Context) ([]string, error) {
	nodes, err := w.Kube.CoreV1().Nodes().List(ctx, metav1.ListOptions{})
	if err != nil {
		return nil, err
	}
	zones := map[string]bool{}
	for _, node := range nodes.Items {
		if zone := node.Labels[corev1.LabelTopologyZone]; zone != "" {
			zones[zone] = true
		}
	}
	return slices.Sorted(maps.Keys(zones)), nil
}

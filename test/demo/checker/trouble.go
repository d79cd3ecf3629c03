package checker

import (
	"context"
	"fmt"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
)

func failureShown(ctx context.Context, w *World) error {
	status, err := w.status(ctx, "flaky")
	if err != nil {
		return err
	}
	if status.Phase != "Failed" || !strings.Contains(status.Message, "flaky-cause") {
		return fmt.Errorf("flaky is %s, saying %q", status.Phase, status.Message)
	}
	return nil
}

// isolated wants the new zones in one release and not in that of the module that fails.
func isolated(ctx context.Context, w *World) error {
	zones, err := w.zones(ctx)
	if err != nil {
		return err
	}
	if err := w.replicas(ctx, "sysctl-exporter", len(zones)); err != nil {
		return err
	}
	if err := failureShown(ctx, w); err != nil {
		return err
	}
	flaky, err := w.configMap(ctx, "flaky")
	if err != nil {
		return err
	}
	if flaky["zones"] == strings.Join(zones, " ") {
		return fmt.Errorf("flaky was upgraded although its hook fails")
	}
	return nil
}

func retried(ctx context.Context, w *World) error {
	served, err := w.ask(ctx, "/metrics")
	if err != nil {
		return err
	}
	failures := 0
	for line := range strings.Lines(served) {
		if strings.Contains(line, `module="flaky"`) {
			failed, _ := metric(line, "hook_run_errors_total")
			failures += failed
		}
	}
	if w.failures == 0 {
		w.failures = failures // of the tries so far
	}
	if failures == 0 || failures == w.failures {
		return fmt.Errorf("flaky's hook has failed %d times, and no more", failures)
	}
	return nil
}

func recovered(ctx context.Context, w *World) error { return globalValue(ctx, w) }

func purged(ctx context.Context, w *World) error {
	if err := w.noRelease(ctx, Retired); err != nil {
		return err
	}
	_, err := w.configMap(ctx, Retired)
	if err == nil {
		return fmt.Errorf("the ConfigMap of the release %s is still there", Retired)
	}
	if apierrors.IsNotFound(err) {
		return nil
	}
	return err
}

func strangerLeft(ctx context.Context, w *World) error {
	if _, err := w.configMap(ctx, Stranger); err != nil {
		return err
	}
	return w.deployed(ctx, Stranger)
}

// restarted wants the operator ready again and every other release as it was.
func restarted(ctx context.Context, w *World) error {
	if err := health(ctx, w); err != nil {
		return err
	}
	return w.sameReleases(ctx, Retired)
}

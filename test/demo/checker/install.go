package checker

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Where the copied Secret comes from and goes to.
const (
	SourceSecret    = "pull-key"
	TargetNamespace = "team-a"
	Stranger        = "stranger"
	Retired         = "retired"
)

func modulesFolder(ctx context.Context, w *World) error {
	if err := w.deployed(ctx, "sysctl-tuner", "sysctl-exporter", "flaky", Retired); err != nil {
		return err
	}
	nodes, err := w.Kube.CoreV1().Nodes().List(ctx, metav1.ListOptions{})
	if err != nil {
		return err
	}
	tuner, err := w.tuner(ctx)
	if err != nil {
		return err
	}
	if ready := int(tuner.Status.NumberReady); ready != len(nodes.Items) {
		return fmt.Errorf("the tuner is ready on %d of %d nodes", ready, len(nodes.Items))
	}
	return nil
}

func nodeScale(ctx context.Context, w *World) error {
	nodes, err := w.Kube.CoreV1().Nodes().List(ctx, metav1.ListOptions{})
	if err != nil {
		return err
	}
	if err := w.deployed(ctx, "node-scale"); err != nil {
		return err
	}
	return w.replicas(ctx, "node-scale", len(nodes.Items))
}

func staticValue(ctx context.Context, w *World) error {
	tuner, err := w.tuner(ctx)
	if err != nil {
		return err
	}
	if image := tuner.Spec.Template.Spec.Containers[0].Image; image != "busybox:1.37" {
		return fmt.Errorf("the tuner's image is %q, not the busybox:1.37 of values.yaml", image)
	}
	return nil
}

func hookValue(ctx context.Context, w *World) error {
	return w.settings(ctx, "net.core.somaxconn=4096", "net.ipv4.tcp_tw_reuse=1")
}

func (w *World) settings(ctx context.Context, want ...string) error {
	tuner, err := w.tuner(ctx)
	if err != nil {
		return err
	}
	if got := tuner.Spec.Template.Spec.Containers[0].Args; !slices.Equal(got, want) {
		return fmt.Errorf("the tuner sets %v, not %v", got, want)
	}
	return nil
}

func writtenBack(ctx context.Context, w *World) error {
	if err := w.needsPython(ctx); err != nil {
		return err
	}
	section, err := w.config(ctx, "pythonReport")
	if err != nil {
		return err
	}
	report, err := w.configMap(ctx, "python-report")
	if err != nil {
		return err
	}
	if id, _ := section["id"].(string); id == "" || report["id"] != id {
		return fmt.Errorf("the ConfigMap has the id %q, the release %q", section["id"], report["id"])
	}
	return nil
}

func copied(ctx context.Context, w *World) error {
	source, err := w.Kube.CoreV1().Secrets(w.Namespace).Get(ctx, SourceSecret, metav1.GetOptions{})
	if err != nil {
		return err
	}
	found, err := w.Kube.CoreV1().Secrets(TargetNamespace).Get(ctx, SourceSecret, metav1.GetOptions{})
	if err != nil {
		return err
	}
	if string(found.Data["key"]) != string(source.Data["key"]) {
		return fmt.Errorf("the copy of %s in %s differs", SourceSecret, TargetNamespace)
	}
	return nil
}

func globalHooks(ctx context.Context, w *World) error {
	served, err := w.ask(ctx, "/metrics/hooks")
	if err != nil {
		return err
	}
	zones, err := w.zones(ctx)
	if err != nil {
		return err
	}
	for name, want := range map[string]int{"discovery_starts_total": 1, "discovery_zones": len(zones)} {
		if got, ok := metric(served, name); !ok || got != want {
			return fmt.Errorf("the metric %s is %d, not %d", name, got, want)
		}
	}
	return nil
}

func health(ctx context.Context, w *World) error {
	for _, path := range []string{"/healthz", "/readyz"} {
		if _, err := w.ask(ctx, path); err != nil {
			return err
		}
	}
	return nil
}

func metrics(ctx context.Context, w *World) error {
	served, err := w.ask(ctx, "/metrics")
	if err != nil {
		return err
	}
	for _, module := range []string{"sysctl-tuner", "secret-copier", "heartbeat", "node-scale"} {
		if !strings.Contains(served, fmt.Sprintf(`module_info{module=%q,phase="Ready"} 1`, module)) {
			return fmt.Errorf("/metrics does not say that %s is ready", module)
		}
	}
	if !strings.Contains(served, `hook_run_success_total{`) {
		return fmt.Errorf("/metrics does not count the runs of hooks")
	}
	return nil
}

func logs(_ context.Context, w *World) error {
	file, err := os.Open(w.LogFile)
	if err != nil {
		return err
	}
	defer file.Close()
	lines, count := bufio.NewScanner(file), 0
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var line map[string]any
		if err := json.Unmarshal(lines.Bytes(), &line); err != nil {
			return fmt.Errorf("a line of the log is no JSON: %q", lines.Text())
		}
		for _, key := range []string{"time", "level", "msg"} {
			if line[key] == nil {
				return fmt.Errorf("a line of the log has no %s: %q", key, lines.Text())
			}
		}
		count++
	}
	if count == 0 {
		return fmt.Errorf("the log is empty")
	}
	return lines.Err()
}

func hookMetric(ctx context.Context, w *World) error {
	served, err := w.ask(ctx, "/metrics/hooks")
	if err != nil {
		return err
	}
	if beats, ok := metric(served, "heartbeat_beats_total"); !ok || beats < 1 {
		return fmt.Errorf("the metric heartbeat_beats_total is not served")
	}
	return nil
}

// schedule wants two beats since the step began, the last ones in place and no older one.
func schedule(ctx context.Context, w *World) error {
	beat, err := w.lastBeat(ctx)
	if err != nil {
		return err
	}
	if beat < w.beat+2 || beat < 4 {
		return fmt.Errorf("the heartbeat is at %d, it was at %d", beat, w.beat)
	}
	if _, err := w.configMap(ctx, fmt.Sprintf("heartbeat-%d", beat)); err != nil {
		return err
	}
	if _, err := w.configMap(ctx, fmt.Sprintf("heartbeat-%d", beat-3)); err == nil {
		return fmt.Errorf("heartbeat-%d was not deleted, the last is %d", beat-3, beat)
	}
	return nil
}

// needsPython tries python3 once; that the time was up meanwhile says nothing about it.
func (w *World) needsPython(ctx context.Context) error {
	if w.python {
		return nil
	}
	err := exec.CommandContext(ctx, "python3", "-c", "").Run()
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil {
		return skipped("no python3")
	}
	w.python = true
	return nil
}

// metric sums the samples of a name, whatever their labels and prefix.
func metric(served, name string) (sum int, found bool) {
	for line := range strings.Lines(served) {
		sample, value, ok := strings.Cut(strings.TrimSpace(line), " ")
		bare, _, _ := strings.Cut(sample, "{")
		if !ok || strings.HasPrefix(line, "#") || !strings.HasSuffix(bare, name) {
			continue
		}
		var number float64
		if _, err := fmt.Sscan(value, &number); err == nil {
			sum, found = sum+int(number), true
		}
	}
	return sum, found
}

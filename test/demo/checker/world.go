package checker

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"sigs.k8s.io/yaml"

	"github.com/addonkit/addonkit/test/audit"
)

// World is where the checker looks.
type World struct {
	Kube  kubernetes.Interface
	Audit *audit.Log
	// Namespace is the operator's; ConfigMap what its users edit; User who it is for the
	// API server.
	Namespace, ConfigMap, User string
	// Endpoint is the address of the operator's health, metrics and status.
	Endpoint string
	// LogFile is what the operator logged.
	LogFile string

	// as it was when the present step began
	mark     audit.Mark
	releases map[string]Release
	beat     int

	failures int // of flaky's hook when first looked

	python bool // there is one
}

// Release is the last revision of a release, as its record says.
type Release struct {
	Name, Status string
	Revision     int
}

// Begin remembers how things are before an edit, for the checks that compare.
func (w *World) Begin(ctx context.Context) (err error) {
	if w.mark, err = w.Audit.Mark(ctx); err != nil {
		return err
	}
	if w.releases, err = w.Releases(ctx); err != nil {
		return err
	}
	w.beat, _ = w.lastBeat(ctx)
	return nil
}

// Await waits until the item holds, but no longer than patience, and returns why not.
func (w *World) Await(ctx context.Context, item Item, patience time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	var last error
	for {
		err := item.Check(ctx, w)
		if _, impossible := Skipped(err); err == nil || impossible {
			return err
		}
		if ctx.Err() == nil || last == nil {
			last = err // not that the time was up in the middle of a look
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return fmt.Errorf("%w (waited %s)", last, patience)
		}
	}
}

// Releases returns the last revision of every release in the namespace.
func (w *World) Releases(ctx context.Context) (map[string]Release, error) {
	records, err := w.Kube.CoreV1().Secrets(w.Namespace).List(ctx, metav1.ListOptions{LabelSelector: "owner=helm"})
	if err != nil {
		return nil, err
	}
	found := map[string]Release{}
	for _, record := range records.Items {
		revision, err := strconv.Atoi(record.Labels["version"])
		if err != nil {
			return nil, fmt.Errorf("the record %s has no revision: %w", record.Name, err)
		}
		name := record.Labels["name"]
		if revision > found[name].Revision {
			found[name] = Release{Name: name, Status: record.Labels["status"], Revision: revision}
		}
	}
	return found, nil
}

func (w *World) deployed(ctx context.Context, names ...string) error {
	releases, err := w.Releases(ctx)
	if err != nil {
		return err
	}
	for _, name := range names {
		if r := releases[name]; r.Status != "deployed" {
			return fmt.Errorf("the release %s is %q", name, r.Status)
		}
	}
	return nil
}

func (w *World) noRelease(ctx context.Context, names ...string) error {
	releases, err := w.Releases(ctx)
	if err != nil {
		return err
	}
	for _, name := range names {
		if r, there := releases[name]; there {
			return fmt.Errorf("the release %s is still there: revision %d, %s", name, r.Revision, r.Status)
		}
	}
	return nil
}

// upgraded says whether a release has a new deployed revision since the step began.
func (w *World) upgraded(ctx context.Context, name string) error {
	releases, err := w.Releases(ctx)
	if err != nil {
		return err
	}
	before, now := w.releases[name], releases[name]
	if now.Revision <= before.Revision || now.Status != "deployed" {
		return fmt.Errorf("the release %s is at revision %d (%s), as before", name, now.Revision, now.Status)
	}
	return nil
}

func (w *World) configMap(ctx context.Context, name string) (map[string]string, error) {
	found, err := w.Kube.CoreV1().ConfigMaps(w.Namespace).Get(ctx, name, metav1.GetOptions{})
	if err != nil {
		return nil, err
	}
	return found.Data, nil
}

// config is a section of what users edit.
func (w *World) config(ctx context.Context, section string) (map[string]any, error) {
	data, err := w.configMap(ctx, w.ConfigMap)
	if err != nil {
		return nil, err
	}
	var values map[string]any
	return values, yaml.Unmarshal([]byte(data[section]), &values)
}

func (w *World) replicas(ctx context.Context, deployment string, want int) error {
	found, err := w.Kube.AppsV1().Deployments(w.Namespace).Get(ctx, deployment, metav1.GetOptions{})
	if err != nil {
		return err
	}
	if got := int(*found.Spec.Replicas); got != want {
		return fmt.Errorf("the Deployment %s has %d replicas, not %d", deployment, got, want)
	}
	return nil
}

func (w *World) tuner(ctx context.Context) (*appsv1.DaemonSet, error) {
	return w.Kube.AppsV1().DaemonSets(w.Namespace).Get(ctx, "sysctl-tuner", metav1.GetOptions{})
}

// lastBeat is the number that the heartbeat has come to.
func (w *World) lastBeat(ctx context.Context) (int, error) {
	data, err := w.configMap(ctx, "heartbeat")
	if err != nil {
		return 0, err
	}
	return strconv.Atoi(data["beat"])
}

// ask returns what the operator answers at a path.
func (w *World) ask(ctx context.Context, path string) (string, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, w.Endpoint+path, nil)
	if err != nil {
		return "", err
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return "", err
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err == nil && answer.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s answers %s: %s", path, answer.Status, strings.TrimSpace(string(body)))
	}
	return string(body), err
}

// skipped is an outcome that cannot be had on this machine.
type skipped string

func (s skipped) Error() string { return "skipped: " + string(s) }

// Skipped says whether an error of a check means that it cannot be done here, and why.
func Skipped(err error) (reason string, ok bool) {
	if s, ok := errors.AsType[skipped](err); ok {
		return string(s), true
	}
	return "", false
}

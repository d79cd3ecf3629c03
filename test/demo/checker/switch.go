package checker

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func enabledByHook(ctx context.Context, w *World) error {
	zones, err := w.zones(ctx)
	if err != nil {
		return err
	}
	if err := w.deployed(ctx, "cleanup"); err != nil {
		return err
	}
	return w.replicas(ctx, "cleanup", len(zones))
}

func disabledByHook(ctx context.Context, w *World) error {
	return w.gone(ctx, "cleanup")
}

// gone says whether a release and the Deployment of its name are no more.
func (w *World) gone(ctx context.Context, name string) error {
	if err := w.noRelease(ctx, name); err != nil {
		return err
	}
	_, err := w.Kube.AppsV1().Deployments(w.Namespace).Get(ctx, name, metav1.GetOptions{})
	if err == nil {
		return fmt.Errorf("the Deployment %s is still there", name)
	}
	if apierrors.IsNotFound(err) {
		return nil
	}
	return err
}

func deleteHooks(ctx context.Context, w *World) error {
	note, err := w.configMap(ctx, "cleanup-farewell")
	if err != nil {
		return err
	}
	zones, err := w.zones(ctx)
	if err != nil {
		return err
	}
	if want := fmt.Sprint(len(zones)); note["replicas"] != want || note["release"] != "gone" {
		return fmt.Errorf("the note says: %s replicas, release %s; it should say %s, gone", note["replicas"], note["release"], want)
	}
	return nil
}

func uninstalled(ctx context.Context, w *World) error {
	if err := w.noRelease(ctx, "sysctl-tuner"); err != nil {
		return err
	}
	_, err := w.tuner(ctx)
	if err == nil {
		return fmt.Errorf("the DaemonSet sysctl-tuner is still there")
	}
	if apierrors.IsNotFound(err) {
		return nil
	}
	return err
}

func vetoed(ctx context.Context, w *World) error {
	if err := w.gone(ctx, "sysctl-exporter"); err != nil {
		return err
	}
	status, err := w.status(ctx, "sysctl-exporter")
	if err != nil {
		return err
	}
	if status.Enabled || !strings.Contains(status.EnabledReason, "needs the module sysctl-tuner") {
		return fmt.Errorf("the status of sysctl-exporter does not give the script's reason: %+v", status)
	}
	return nil
}

func enabledByConfig(ctx context.Context, w *World) error {
	if err := w.deployed(ctx, "sysctl-tuner", "sysctl-exporter"); err != nil {
		return err
	}
	return configValue(ctx, w)
}

// moduleStatus is what is read of the operator's own account of a module.
type moduleStatus struct {
	Name, Phase, EnabledReason, Message string
	Enabled                             bool
}

func (w *World) status(ctx context.Context, module string) (moduleStatus, error) {
	body, err := w.ask(ctx, "/status?output=json")
	if err != nil {
		return moduleStatus{}, err
	}
	var all struct{ Modules []moduleStatus }
	if err := json.Unmarshal([]byte(body), &all); err != nil {
		return moduleStatus{}, err
	}
	for _, status := range all.Modules {
		if status.Name == module {
			return status, nil
		}
	}
	return moduleStatus{}, fmt.Errorf("the status does not name %s", module)
}

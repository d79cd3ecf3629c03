package checker

import (
	"context"
	"fmt"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Names of the items of public charts.
const (
	ChartInstall   = "chart-install"
	ChartUpgrade   = "chart-upgrade"
	ChartUninstall = "chart-uninstall"
)

// Mark is the annotation that the edit of ChartUpgrade gives the pods of every chart.
const Mark = "demo-mark"

// ChartItems are the items of a run with the public charts of those names.
func ChartItems(charts ...string) []Item {
	return []Item{
		{9, ChartInstall, fmt.Sprintf("public charts run unchanged: %v", charts), func(ctx context.Context, w *World) error {
			return w.deployed(ctx, charts...)
		}},
		{9, ChartUpgrade, "each is upgraded by a value", func(ctx context.Context, w *World) error {
			for _, chart := range charts {
				if err := w.upgraded(ctx, chart); err != nil {
					return err
				}
			}
			return w.marked(ctx, len(charts))
		}},
		{9, ChartUninstall, "each is gone when it is disabled", func(ctx context.Context, w *World) error {
			if err := w.noRelease(ctx, charts...); err != nil {
				return err
			}
			return w.marked(ctx, 0)
		}},
	}
}

// marked counts the Deployments whose pods have the mark.
func (w *World) marked(ctx context.Context, want int) error {
	deployments, err := w.Kube.AppsV1().Deployments(w.Namespace).List(ctx, metav1.ListOptions{})
	if err != nil {
		return err
	}
	got := 0
	for _, deployment := range deployments.Items {
		if _, ok := deployment.Spec.Template.Annotations[Mark]; ok {
			got++
		}
	}
	if got != want {
		return fmt.Errorf("%d Deployments have the value in their pods, not %d", got, want)
	}
	return nil
}

package kubewrite

import (
	"context"
	"fmt"
	"strings"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

const (
	foreground = metav1.DeletePropagationForeground
	background = metav1.DeletePropagationBackground
	orphan     = metav1.DeletePropagationOrphan
)

func (t *target) delete(ctx context.Context, policy metav1.DeletionPropagation) (Outcome, error) {
	err := t.client.Delete(ctx, t.name, metav1.DeleteOptions{PropagationPolicy: &policy})
	if apierrors.IsNotFound(err) {
		return Absent, nil
	}
	return Deleted, err
}

// deleteAndWait deletes and looks, at growing intervals, until the object is gone. One that is there and not being
// deleted is another, which somebody made after.
func (t *target) deleteAndWait(ctx context.Context) (Outcome, error) {
	outcome, err := t.delete(ctx, foreground)
	if err != nil || outcome == Absent {
		return outcome, err
	}
	bounded, cancel := context.WithTimeout(ctx, DeleteTimeout)
	defer cancel()
	for interval := 50 * time.Millisecond; ; interval = min(2*interval, 2*time.Second) {
		object, err := t.get(bounded)
		switch {
		case apierrors.IsNotFound(err) || err == nil && object.GetDeletionTimestamp() == nil:
			return Deleted, nil
		case err != nil && bounded.Err() == nil:
			return Failed, err
		}
		select {
		case <-time.After(interval):
			continue
		case <-bounded.Done():
		}
		if ctx.Err() != nil {
			return Failed, context.Cause(ctx)
		}
		if object != nil && len(object.GetFinalizers()) > 0 {
			return Failed, fmt.Errorf("still there after %v: waiting for finalizers %s", DeleteTimeout, strings.Join(object.GetFinalizers(), ", "))
		}
		return Failed, fmt.Errorf("still there after %v", DeleteTimeout)
	}
}

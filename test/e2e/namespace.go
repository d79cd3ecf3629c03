package e2e

import (
	"context"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
)

// Agent is the User-Agent of the helpers' own requests, so that counts can leave them out.
const Agent = "e2e-helper"

// Admin returns a client with all rights, as [Agent].
func Admin(tb testing.TB) kubernetes.Interface {
	tb.Helper()
	client, err := kubernetes.NewForConfig(Cluster(tb).REST(Agent))
	if err != nil {
		tb.Fatal(err)
	}
	return client
}

// Namespace makes a namespace for the test, with its default service account, and begins
// to delete it when the test ends.
func Namespace(tb testing.TB) string {
	tb.Helper()
	client := Admin(tb)
	created, err := client.CoreV1().Namespaces().Create(tb.Context(),
		&corev1.Namespace{ObjectMeta: metav1.ObjectMeta{GenerateName: "test-"}}, metav1.CreateOptions{})
	if err != nil {
		tb.Fatal(err)
	}
	name := created.Name
	tb.Cleanup(func() {
		err := client.CoreV1().Namespaces().Delete(context.WithoutCancel(tb.Context()), name, metav1.DeleteOptions{})
		if err != nil && !apierrors.IsNotFound(err) {
			tb.Errorf("deleting namespace %s: %v", name, err)
		}
	})
	Await(tb, "the default service account of "+name, func(ctx context.Context) (bool, error) {
		_, err := client.CoreV1().ServiceAccounts(name).Get(ctx, "default", metav1.GetOptions{})
		return err == nil, err
	})
	return name
}

// Await calls done every 50 ms until it reports true, and fails the test after a minute
// with the last error.
func Await(tb testing.TB, what string, done func(context.Context) (bool, error)) {
	tb.Helper()
	ctx, cancel := context.WithTimeout(tb.Context(), time.Minute)
	defer cancel()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		ok, err := done(ctx)
		if ok {
			return
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			tb.Fatalf("waited a minute for %s; last error: %v", what, err)
		}
	}
}

package e2e

import (
	"context"
	"fmt"
	"os"
	"sync"
	"testing"

	"github.com/addonkit/addonkit/test/cluster"
)

// shared is the cluster of the test program; a program has one.
var shared struct {
	once    sync.Once
	cluster *cluster.Cluster
	err     error
}

// Main runs a package's tests, stops the cluster that they shared, and exits. It is the
// whole body of TestMain.
func Main(m *testing.M) {
	code := m.Run()
	if shared.cluster != nil {
		if err := shared.cluster.Stop(); err != nil {
			fmt.Fprintln(os.Stderr, "e2e:", err)
			code = max(code, 1)
		}
	}
	os.Exit(code)
}

// Cluster returns the cluster that all tests of the program share.
func Cluster(t testing.TB) *cluster.Cluster {
	t.Helper()
	NeedsControlPlane(t)
	shared.once.Do(func() {
		shared.cluster, shared.err = cluster.Start(context.Background(), cluster.Options{Progress: os.Stderr})
	})
	if shared.err != nil {
		t.Fatalf("the local control plane did not start: %v", shared.err)
	}
	return shared.cluster
}

// Own returns a cluster of the test's own, for tests that break things. It is stopped when
// the test ends.
func Own(t testing.TB, o cluster.Options) *cluster.Cluster {
	t.Helper()
	NeedsControlPlane(t)
	if o.Progress == nil {
		o.Progress = os.Stderr
	}
	c, err := cluster.Start(t.Context(), o)
	if err != nil {
		t.Fatalf("the local control plane did not start: %v", err)
	}
	t.Cleanup(func() {
		if err := c.Stop(); err != nil {
			t.Errorf("the local control plane did not stop: %v", err)
		}
	})
	return c
}

// NeedsControlPlane skips the test when -short is given and the control plane is not built.
func NeedsControlPlane(t testing.TB) {
	t.Helper()
	if _, built := cluster.Built(); !built && testing.Short() {
		t.Skip("skipped: -short is given and the local control plane is not built (a run without -short builds it)")
	}
}

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
func Cluster(tb testing.TB) *cluster.Cluster {
	tb.Helper()
	NeedsControlPlane(tb)
	shared.once.Do(func() {
		shared.cluster, shared.err = cluster.Start(context.Background(), cluster.Options{Progress: os.Stderr})
	})
	if shared.err != nil {
		tb.Fatalf("the local control plane did not start: %v", shared.err)
	}
	return shared.cluster
}

// Own returns a cluster of the test's own, for tests that break things. It is stopped when
// the test ends.
func Own(tb testing.TB, o cluster.Options) *cluster.Cluster {
	tb.Helper()
	NeedsControlPlane(tb)
	if o.Progress == nil {
		o.Progress = os.Stderr
	}
	c, err := cluster.Start(tb.Context(), o)
	if err != nil {
		tb.Fatalf("the local control plane did not start: %v", err)
	}
	tb.Cleanup(func() {
		if err := c.Stop(); err != nil {
			tb.Errorf("the local control plane did not stop: %v", err)
		}
	})
	return c
}

// NeedsControlPlane skips the test when -short is given and the control plane is not built.
func NeedsControlPlane(tb testing.TB) {
	tb.Helper()
	if _, built := cluster.Built(); !built && testing.Short() {
		tb.Skip("skipped: -short is given and the local control plane is not built (a run without -short builds it)")
	}
}

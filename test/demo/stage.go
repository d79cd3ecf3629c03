package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"syscall"

	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"

	"github.com/addonkit/addonkit/test/cluster"
)

const (
	namespace = "addonkit-demo"
	configMap = "addon-operator"
	// edits is the User-Agent of what the demo changes itself.
	edits = "demo-edits"
)

// options are what the command line says.
type options struct {
	once           bool
	broken, charts string
	out            io.Writer
}

// stage is everything that a run builds up and takes down again.
type stage struct {
	options
	repository string
	dir        string // of this run, in the ignored cache
	cluster    *cluster.Cluster
	kube       kubernetes.Interface
	operator   *operator
	closers    []func() error
}

// newStage builds what is needed and starts a control plane.
func newStage(ctx context.Context, o options) (s *stage, err error) {
	repository, err := cluster.Repository()
	if err != nil {
		return nil, err
	}
	s = &stage{options: o, repository: repository}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.strike())
		}
	}()
	cache := filepath.Join(repository, ".cache", "demo")
	if err := os.MkdirAll(cache, 0o755); err != nil {
		return s, err
	}
	removeDead(cache)
	s.dir = filepath.Join(cache, fmt.Sprintf("run-%d", os.Getpid()))
	if err := os.MkdirAll(filepath.Join(s.dir, "bin"), 0o755); err != nil {
		return s, err
	}
	if err := s.build(ctx, "examples", "./demo-operator", "demo-operator"); err != nil {
		return s, err
	}
	if s.cluster, err = s.startCluster(ctx, "cluster"); err != nil {
		return s, err
	}
	s.kube, err = kubernetes.NewForConfig(s.cluster.REST(edits))
	return s, err
}

// startCluster starts a control plane that ends with the run.
func (s *stage) startCluster(ctx context.Context, name string) (*cluster.Cluster, error) {
	s.say("starting a control plane, Kubernetes %s", cluster.KubernetesVersion)
	c, err := cluster.Start(ctx, cluster.Options{Dir: filepath.Join(s.dir, name), Progress: s.out})
	if err != nil {
		return nil, err
	}
	s.closers = append(s.closers, c.Stop)
	return c, nil
}

// strike ends all that the run started and removes its files.
func (s *stage) strike() error {
	var errs []error
	if s.operator != nil {
		errs = append(errs, s.operator.stop())
	}
	for _, v := range slices.Backward(s.closers) {
		errs = append(errs, v())
	}
	if s.dir != "" {
		errs = append(errs, os.RemoveAll(s.dir))
	}
	return errors.Join(errs...)
}

func (s *stage) path(name string) string { return filepath.Join(s.dir, name) }

// removeDead removes the folders of runs that were killed.
func removeDead(cache string) {
	runs, _ := filepath.Glob(filepath.Join(cache, "run-*"))
	for _, run := range runs {
		var pid int
		if _, err := fmt.Sscanf(filepath.Base(run), "run-%d", &pid); err == nil && syscall.Kill(pid, 0) != nil {
			_ = os.RemoveAll(run)
		}
	}
}

// say prints a line about what the demo itself does.
func (s *stage) say(format string, args ...any) {
	fmt.Fprintln(s.out, "demo:", fmt.Sprintf(format, args...))
}

// admin is a client configuration with all rights.
func (s *stage) admin(agent string) *rest.Config { return s.cluster.REST(agent) }

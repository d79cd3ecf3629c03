package cluster

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"k8s.io/client-go/discovery"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/addonkit/addonkit/test/audit"
)

// Part is one process of a control plane.
type Part string

// The parts.
const (
	All       Part = "all"       // the whole control plane, unless Options.Split
	Etcd      Part = "etcd"      // the storage
	APIServer Part = "apiserver" // kube-apiserver
	Rest      Part = "rest"      // controller-manager, scheduler and simulated nodes
)

// Options say how to start. The zero value is a whole control plane in one process.
type Options struct {
	// Split runs Etcd, APIServer and Rest as three processes, so that one can be killed.
	Split bool
	// Nodes is the number of simulated nodes at the start. Default: 2.
	Nodes int
	// Dir is the folder to use; it stays after Stop, so that a later Start goes on with
	// its data. Default: a temporary folder, removed at the end.
	Dir string
	// Progress gets the lines of a build. Default: discarded.
	Progress io.Writer
	// StartTimeout bounds the start of one part. Default: 2 minutes.
	StartTimeout time.Duration
}

// Cluster is a running control plane. Its methods may be called at the same time.
type Cluster struct {
	binary, dir string
	ephemeral   bool
	options     Options
	rest        *rest.Config
	log         *audit.Log

	mu        sync.Mutex
	processes map[Part]*process
}

// Start builds the control plane if needed, starts it and waits until it serves.
func Start(ctx context.Context, o Options) (*Cluster, error) {
	binary, err := Build(ctx, o.Progress)
	if err != nil {
		return nil, err
	}
	if o.StartTimeout == 0 {
		o.StartTimeout = 2 * time.Minute
	}
	c := &Cluster{binary: binary, dir: o.Dir, options: o, processes: map[Part]*process{}}
	if c.dir == "" {
		c.ephemeral = true
		if c.dir, err = os.MkdirTemp("", "addonkit-cluster-"); err != nil {
			return nil, err
		}
	} else if err := os.MkdirAll(c.dir, 0o700); err != nil {
		return nil, err
	}
	for _, part := range c.parts() {
		if err := c.StartPart(ctx, part); err != nil {
			return nil, errors.Join(err, c.Stop())
		}
	}
	if err := c.connect(); err != nil {
		return nil, errors.Join(err, c.Stop())
	}
	return c, nil
}

// Stop ends the control plane, its storage last, and removes the folder if Start made it.
// A part that does not stop in time is killed, and that is an error.
func (c *Cluster) Stop() error {
	var errs []error
	parts := c.parts()
	for _, part := range slices.Backward(parts) {
		errs = append(errs, c.StopPart(part))
	}
	if c.ephemeral {
		errs = append(errs, os.RemoveAll(c.dir))
	}
	return errors.Join(errs...)
}

// REST returns a copy of the administrator's client configuration, without a client-side
// rate limit. agent is its User-Agent, by which the audit log tells clients apart.
func (c *Cluster) REST(agent string) *rest.Config {
	copied := rest.CopyConfig(c.rest)
	copied.UserAgent = agent
	return copied
}

// Dir is the folder of certificates, data and logs.
func (c *Cluster) Dir() string { return c.dir }

// Kubeconfig is the path of the administrator's kubeconfig.
func (c *Cluster) Kubeconfig() string { return filepath.Join(c.dir, "kubeconfig") }

// Audit is the log of all requests since the folder was made.
func (c *Cluster) Audit() *audit.Log { return c.log }

// Binary is the path of the control plane's program. Called as kubectl (through a link of
// that name) it is kubectl.
func (c *Cluster) Binary() string { return c.binary }

func (c *Cluster) logFile(part Part) string {
	return filepath.Join(c.dir, string(part)+".log")
}

func (c *Cluster) parts() []Part {
	if c.options.Split {
		return []Part{Etcd, APIServer, Rest}
	}
	return []Part{All}
}

func (c *Cluster) connect() error {
	config, err := clientcmd.BuildConfigFromFlags("", c.Kubeconfig())
	if err != nil {
		return err
	}
	config.QPS = -1
	c.rest = config
	marker, err := discovery.NewDiscoveryClientForConfig(c.REST("audit-mark"))
	if err != nil {
		return err
	}
	c.log = audit.Open(filepath.Join(c.dir, "audit.log"), func(ctx context.Context, path string) error {
		var code int
		answer := marker.RESTClient().Get().AbsPath(path).Do(ctx).StatusCode(&code)
		if code == 0 {
			return fmt.Errorf("asking the API server for a mark: %w", answer.Error())
		}
		return nil
	})
	return nil
}

// Command localcluster runs a local Kubernetes control plane, or one part of it.
//
//	localcluster -dir DIR [-nodes N] [-owned] [-ephemeral] [all|etcd|apiserver|rest]
//
// It prints "ready" when the part serves, logs to the standard error, and stops on
// SIGINT, SIGTERM and, with -owned, when its standard input ends: that is how it notices
// that the process that started it is gone, however that process ended. With -ephemeral it
// then removes the folder as well. Called as kubectl, it is kubectl.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"

	_ "k8s.io/component-base/metrics/prometheus/clientgo"

	"github.com/addonkit/addonkit/test/localcluster"
)

func main() {
	if code, called := kubectl(); called {
		os.Exit(code)
	}
	// A reader of the output that has gone must not keep the control plane from stopping in order.
	signal.Ignore(syscall.SIGPIPE)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "localcluster:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("localcluster", flag.ContinueOnError)
	dir := flags.String("dir", "", "`folder` of certificates, ports, data and logs (required)")
	nodes := flags.Int("nodes", 0, "simulated nodes of a new cluster (default 2)")
	owned := flags.Bool("owned", false, "stop when the standard input ends")
	ephemeral := flags.Bool("ephemeral", false, "with -owned: when the standard input ends, remove the folder at the end")
	if err := flags.Parse(args); err != nil {
		return err
	}
	part := localcluster.All
	if flags.NArg() > 0 {
		var err error
		if part, err = localcluster.ParsePart(flags.Arg(0)); err != nil {
			return err
		}
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	orphaned := make(chan struct{})
	if *owned {
		go func() {
			_, _ = io.Copy(io.Discard, os.Stdin)
			close(orphaned)
			if part == localcluster.Etcd {
				// The API server is stopping too, and cannot without its storage.
				_ = localcluster.AwaitNoAPIServer(context.Background(), *dir, 20*time.Second)
			}
			stop()
		}()
	}
	began := time.Now()
	err := localcluster.Run(ctx, localcluster.Options{
		Dir: *dir, Part: part, Nodes: *nodes,
		Step:  func(s string) { fmt.Printf("%s after %s\n", s, time.Since(began).Round(time.Millisecond)) },
		Ready: func() { fmt.Println("ready") },
	})
	select {
	case <-orphaned:
		if *ephemeral && (part == localcluster.All || part == localcluster.Etcd) {
			err = errors.Join(err, os.RemoveAll(*dir))
		}
	default:
	}
	return err
}

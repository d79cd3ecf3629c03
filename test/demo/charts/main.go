// Command charts is an operator whose modules are public charts, unchanged: each folder
// of -charts is a module whose chart sees the module's section at its top level.
package main

import (
	"context"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	"github.com/go-logr/logr"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/addonkit/addonkit/addon"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	kubeconfig := flag.String("kubeconfig", "", "kubeconfig `file`")
	namespace := flag.String("namespace", "", "namespace of the ConfigMap and the releases")
	charts := flag.String("charts", "", "`folder` of charts")
	flag.Parse()
	if err := run(ctx, *kubeconfig, *namespace, *charts); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context, kubeconfig, namespace, charts string) error {
	config, err := clientcmd.BuildConfigFromFlags("", kubeconfig)
	if err != nil {
		return err
	}
	found, err := filepath.Glob(filepath.Join(charts, "*", "Chart.yaml"))
	if err != nil {
		return err
	}
	var modules []addon.Module
	for _, file := range found {
		dir := filepath.Dir(file)
		modules = append(modules, addon.Module{Name: filepath.Base(dir), Chart: addon.Dir(dir), FlatValues: true})
	}
	log := logr.FromSlogHandler(slog.NewJSONHandler(os.Stderr, nil))
	operator, err := addon.New(addon.Options{REST: config, Namespace: namespace, Modules: modules, Log: log})
	if err != nil {
		return err
	}
	return operator.Run(ctx)
}

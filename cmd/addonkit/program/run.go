package program

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/go-logr/logr"
	"github.com/spf13/cobra"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/klog/v2"

	"github.com/addonkit/addonkit/addon"
	"github.com/addonkit/addonkit/helmclient"
	"github.com/addonkit/addonkit/hooks"
	"github.com/addonkit/addonkit/queue"
)

const runHelp = `Run the operator until it is interrupted: every enabled module of the folders gets its hooks run and its chart
installed as a Helm release, and is kept up to date with its values.

    %[1]s run --namespace addons --modules-dir ./modules --global-hooks-dir ./global-hooks

Then, from another terminal:

    kubectl --namespace addons create configmap addon-operator --from-literal=webShopEnabled=true
    %[1]s status --watch

Every setting can be given by the environment too, under addon-operator's names. Flags win.`

func (p Program) runCommand() *cobra.Command {
	var s settings
	flags := s.flags()
	c := &cobra.Command{
		Use:     "run",
		Aliases: []string{"start"},
		Short:   "Run the operator",
		Long:    fmt.Sprintf(runHelp, p.Name),
		Args:    noArguments,
	}
	c.Flags().AddFlagSet(flags.FlagSet)
	c.RunE = func(c *cobra.Command, _ []string) error {
		if err := flags.fill(p.LookupEnv); err != nil {
			return err
		}
		if err := s.check(); err != nil {
			return err
		}
		return p.runOperator(c.Context(), &s)
	}
	return c
}

// runOperator puts the operator together and runs it until ctx ends.
func (p Program) runOperator(ctx context.Context, s *settings) error {
	log, err := s.logger(p.Stderr)
	if err != nil {
		return err
	}
	klog.SetLogger(log.WithName("client"))
	if unused := withoutEffect(p.LookupEnv); len(unused) > 0 {
		log.Info("these settings have no effect here", "names", unused)
	}
	cluster, err := s.cluster()
	if err != nil {
		return err
	}
	if err := os.MkdirAll(s.tempDir, 0o700); err != nil {
		return usagef("a folder for the files of hooks: %w; name another with --tmp-dir", err)
	}
	exec, remove, err := s.executables(log)
	if err != nil {
		return err
	}
	defer remove()
	modules, global, err := s.load(exec)
	if err != nil {
		return err
	}
	operator, err := addon.New(addon.Options{
		REST: cluster, Namespace: s.namespace, Instance: s.instance, ConfigMap: s.configMap,
		Modules: slices.Concat(modules, p.Modules), Global: global,
		History: s.helmHistory, ReleaseTimeout: s.helmTimeout, Labels: s.labels, Adopt: helmclient.AdoptAny, CRDs: helmclient.CRDsReplace,
		Backoff:       queue.Backoff{Initial: 5 * time.Second, Max: 32 * time.Second},
		MetricsPrefix: s.metricsPrefix, Log: log,
	})
	if err != nil {
		return err
	}
	return s.together(ctx, log, operator)
}

// together runs the operator and what it answers on; when one ends so does the
// other.
func (s *settings) together(ctx context.Context, log logr.Logger, operator *addon.Operator) error {
	listeners, err := s.listen(ctx, log)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	served := make(chan error, 1)
	go func() {
		defer cancel()
		served <- serve(ctx, log, operator.Handler(), listeners)
	}()
	err = operator.Run(ctx)
	cancel()
	return errors.Join(err, <-served)
}

// load reads the folders. What is wrong with one module is that module's state;
// a folder that is not there is the caller's error.
func (s *settings) load(exec hooks.ExecOptions) ([]addon.Module, addon.Global, error) {
	options := addon.LoadOptions{Exec: exec}
	dirs := filepath.SplitList(s.modulesDirs)
	if len(dirs) == 0 {
		return nil, addon.Global{}, usagef("no folder of modules is given; name one with --modules-dir")
	}
	for _, dir := range dirs {
		if err := checkDir(dir, "modules", "--modules-dir"); err != nil {
			return nil, addon.Global{}, err
		}
	}
	if err := checkDir(s.globalHooksDir, "global hooks", "--global-hooks-dir"); err != nil {
		return nil, addon.Global{}, err
	}
	global, err := addon.LoadGlobal(options, s.globalHooksDir, dirs...)
	if err != nil {
		return nil, addon.Global{}, usagef("%w", err)
	}
	return addon.LoadModules(options, dirs...), global, nil
}

func checkDir(path, of, flag string) error {
	info, err := os.Stat(path)
	if err == nil && !info.IsDir() {
		err = fmt.Errorf("%s is a file", path)
	}
	if err != nil {
		return usagef("the folder of %s: %w; name an existing one with %s", of, err, flag)
	}
	return nil
}

// executables says how hooks and enabled scripts run: with the environment of
// this process, the namespace under addon-operator's name, and a jq.
func (s *settings) executables(log logr.Logger) (hooks.ExecOptions, func(), error) {
	options := hooks.ExecOptions{
		InheritEnv: true, Env: []string{envPrefix + "NAMESPACE=" + s.namespace},
		TempDir: s.tempDir, Timeout: s.hookTimeout, Log: log.WithName("hooks"),
	}
	dir, remove, err := offerJQ(s.tempDir)
	if err != nil {
		return hooks.ExecOptions{}, nil, err
	}
	if dir != "" {
		options.PathAppend = []string{dir}
		log.Info("the machine has no jq; hooks get the one built in")
	}
	return options, remove, nil
}

// cluster says how to reach the API server.
func (s *settings) cluster() (*rest.Config, error) {
	rules := &clientcmd.ClientConfigLoadingRules{Precedence: filepath.SplitList(s.kubeConfig)}
	if len(rules.Precedence) == 1 {
		rules = &clientcmd.ClientConfigLoadingRules{ExplicitPath: s.kubeConfig} // which must exist
	}
	config, err := clientcmd.NewNonInteractiveDeferredLoadingClientConfig(rules,
		&clientcmd.ConfigOverrides{CurrentContext: s.kubeContext}).ClientConfig()
	if err != nil {
		return nil, usagef("reaching a cluster: %w; name a kubeconfig with --kubeconfig, or run in a pod", err)
	}
	config.QPS, config.Burst = s.kubeQPS, s.kubeBurst
	return config, nil
}

package program

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/addonkit/addonkit/addon"
)

// Exit codes of the program.
const (
	ExitOK     = 0
	ExitFailed = 1 // it ran, and failed
	ExitUsage  = 2 // it was called wrongly; nothing was started
)

// Program is one call of the command line. Its zero value writes nowhere and
// sees no environment; Main fills it from the process.
type Program struct {
	// Name is how people call it. Default: "addonkit".
	Name string
	// Modules run beside those of the folders.
	Modules []addon.Module
	// Args are the arguments without the name of the program.
	Args []string
	// LookupEnv reads one variable of the environment.
	LookupEnv func(name string) (value string, found bool)
	// Stdin is read by the built-in jq.
	Stdin io.Reader
	// Stdout and Stderr receive the output. Logs go to Stderr.
	Stdout, Stderr io.Writer
}

// Main runs the program of this process, with more modules beside those of the
// folders, and returns its exit code. Called by the name "jq" it is jq.
func Main(modules ...addon.Module) int {
	p := Program{
		Name: filepath.Base(os.Args[0]), Modules: modules, Args: os.Args[1:],
		LookupEnv: os.LookupEnv, Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr,
	}
	if p.Name == jqName {
		return p.jq(context.Background(), p.Args)
	}
	ctx, stop := untilSignal(context.Background())
	defer stop()
	return p.Run(ctx)
}

// Run carries out the command that Args name, until it is done or ctx ends, and
// returns the exit code.
func (p Program) Run(ctx context.Context) int {
	p = p.withDefaults()
	err := p.command().ExecuteContext(ctx) //nolint:contextcheck // cobra hands ctx to the command
	var code exitCode
	switch {
	case err == nil:
		return ExitOK
	case errors.As(err, &code):
		return int(code)
	}
	_, _ = fmt.Fprintf(p.Stderr, "%s: %v\n", p.Name, err) // the exit code tells it too
	if _, ok := errors.AsType[*usageError](err); ok {
		return ExitUsage
	}
	return ExitFailed
}

func (p Program) withDefaults() Program {
	if p.Name == "" {
		p.Name = "addonkit"
	}
	if p.LookupEnv == nil {
		p.LookupEnv = func(string) (string, bool) { return "", false }
	}
	if p.Stdin == nil {
		p.Stdin = strings.NewReader("")
	}
	if p.Stdout == nil {
		p.Stdout = io.Discard
	}
	if p.Stderr == nil {
		p.Stderr = io.Discard
	}
	return p
}

const rootHelp = `An operator for a folder of modules. A module is a Helm chart, values, and hooks: programs in any language
that run at moments of the module's life, on a schedule, and when objects of the cluster change.

    modules/
      values.yaml               webShopEnabled: true
      010-web-shop/
        Chart.yaml, templates/  the chart; .Values.webShop and .Values.global
        values.yaml             webShop: {replicas: 1}
        hooks/ports.sh          an executable; "ports.sh --config" prints when it runs

Users configure it by one ConfigMap, and every change takes effect at once:

    data:
      webShop: |
        replicas: 3
      webShopEnabled: "true"`

func (p Program) command() *cobra.Command {
	root := &cobra.Command{
		Use:           p.Name,
		Short:         "An operator for a folder of modules",
		Long:          rootHelp,
		SilenceUsage:  true,
		SilenceErrors: true,

		SuggestionsMinimumDistance: 2,
		Args:                       p.subcommandNeeded,
		RunE:                       func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	root.SetArgs(p.Args)
	root.SetOut(p.Stdout)
	root.SetErr(p.Stderr)
	root.SetFlagErrorFunc(func(c *cobra.Command, err error) error {
		return usagef("%w; see '%s --help'", err, c.CommandPath())
	})
	root.CompletionOptions.HiddenDefaultCmd = true
	root.AddCommand(p.runCommand(), p.statusCommand(), p.jqCommand(), p.versionCommand())
	return root
}

func (p Program) subcommandNeeded(c *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	hint := "see '" + p.Name + " --help'"
	if near := c.SuggestionsFor(args[0]); len(near) > 0 {
		hint = fmt.Sprintf("did you mean %q?", near[0])
	}
	return usagef("there is no command %q; %s", args[0], hint)
}

// usageError is about how the program was called.
type usageError struct{ err error }

func (e *usageError) Error() string { return e.err.Error() }
func (e *usageError) Unwrap() error { return e.err }

func usagef(format string, args ...any) error {
	return &usageError{fmt.Errorf(format, args...)}
}

// exitCode is the failure of a command that has said everything itself.
type exitCode int

func (c exitCode) Error() string { return fmt.Sprintf("exit code %d", int(c)) }

// untilSignal ends the context at the first signal and the process at the
// second one.
func untilSignal(parent context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(parent)
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM)
	go func() {
		<-signals
		cancel()
		if s, ok := (<-signals).(syscall.Signal); ok {
			os.Exit(128 + int(s))
		}
	}()
	return ctx, cancel
}

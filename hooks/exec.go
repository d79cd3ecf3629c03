package hooks

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/go-logr/logr"

	"github.com/addonkit/addonkit/hooks/internal/process"
)

// ExecOptions say how executables are asked for their configuration and run. The zero value works.
type ExecOptions struct {
	// Global: the hooks are global hooks.
	Global bool
	// Root is the directory that names of hooks are relative to. "": for Exec, and for Folder with Global, the
	// directory itself; else the one above it, so that names begin with "hooks/".
	Root string
	// Dir is the working directory of runs. "": that of this process. Configuration is always asked for in the
	// directory of the file.
	Dir string
	// Env is added to the environment of runs, as KEY=value; it wins over what is inherited.
	Env []string
	// InheritEnv passes on the whole environment of this process. Otherwise only PATH, HOME, LANG, TZ, KUBECONFIG,
	// KUBERNETES_* and the variables of proxies are.
	InheritEnv bool
	// PathAppend are directories added to the end of PATH.
	PathAppend []string
	// TempDir is where the files of runs live, in directories of their own. "": in memory where they are small and
	// the system has a place for that, else the system's place for temporary files.
	TempDir string
	// Timeout is the deadline of runs of hooks whose configuration has none. 0: DefaultTimeout.
	Timeout time.Duration
	// ConfigTimeout is the time a hook has to print its configuration. 0: 30 seconds.
	ConfigTimeout time.Duration
	// Grace is the time between SIGTERM and SIGKILL. 0: 5 seconds.
	Grace time.Duration
	// Log takes what is said about files that are no hooks. Zero: nothing.
	Log logr.Logger
}

const (
	defaultConfigTimeout = 30 * time.Second
	maxConfig            = 1 << 20  // bytes of configuration printed
	tailSize             = 64 << 10 // bytes of output kept in an error
)

// ExecError is an executable that failed: it could not be started, exited with another code than 0, was stopped, or
// wrote what cannot be understood.
type ExecError struct {
	Path     string // of the executable
	ExitCode int    // -1: ended by a signal, or never started
	Tail     string // the last 64 KiB of what it wrote to stderr, or to stdout if stderr is empty
	Err      error  // matches context.DeadlineExceeded when the deadline was the cause
}

// Error holds the end of the tail.
func (e *ExecError) Error() string {
	text := e.Err.Error()
	if tail := strings.TrimSpace(e.Tail); tail != "" {
		const shown = 4 << 10
		if len(tail) > shown {
			tail = "… " + strings.ToValidUTF8(tail[len(tail)-shown:], "")
		}
		text += ": " + tail
	}
	return text
}

// Unwrap gives the cause.
func (e *ExecError) Unwrap() error { return e.Err }

// executable is one file and how it is started.
type executable struct {
	path    string   // absolute
	name    string   // of the hook
	program string   // what is started: path, or an interpreter
	args    []string // before those of the protocol
	env     []string // added
	o       *ExecOptions
}

// start runs the executable with the arguments and collects nothing but what is given to the writers.
func (x *executable) start(ctx context.Context, s process.Spec, args ...string) (process.Usage, error) {
	s.Path = x.program
	s.Args = slices.Concat(x.args, args)
	s.Env = environment(os.Environ(), x.o, slices.Concat(x.env, s.Env)) //nolint:forbidigo // what is inherited is the options' choice
	s.Grace = x.o.Grace
	return process.Run(ctx, s)
}

// config asks for the configuration. A file without an extension that has none may be a program of many hooks.
func (x *executable) config(ctx context.Context) ([]Hook, error) {
	h, err := x.singleConfig(ctx)
	if err == nil {
		return []Hook{h}, nil
	}
	if filepath.Ext(x.path) == "" && ctx.Err() == nil && !errors.Is(err, context.DeadlineExceeded) {
		if hooks, batch, batchErr := x.batchConfig(ctx); batch {
			return hooks, batchErr
		}
	}
	return nil, err
}

func (x *executable) singleConfig(ctx context.Context) (Hook, error) {
	data, err := x.ask(ctx, "--config")
	if err != nil {
		return Hook{}, err
	}
	h, old, err := parseConfig(data, x.o.Global)
	if err != nil {
		return Hook{}, fmt.Errorf("%s --config: %w", x.path, err)
	}
	h.Name = x.name
	x.complete(&h)
	h.Run = x.run
	if old {
		h.Run = x.runOld
	}
	return h, nil
}

// complete gives a hook what options say about all of them.
func (x *executable) complete(h *Hook) {
	if h.Timeout == 0 {
		h.Timeout = x.o.Timeout
	}
}

// ask runs the executable for what it prints.
func (x *executable) ask(ctx context.Context, args ...string) ([]byte, error) {
	timeout := x.o.ConfigTimeout
	if timeout <= 0 {
		timeout = defaultConfigTimeout
	}
	ctx, cancel := context.WithTimeoutCause(ctx, timeout, &timeoutError{timeout})
	defer cancel()
	stdout, stderr := &process.Head{Limit: maxConfig}, &process.Tail{Limit: tailSize}
	_, err := x.start(ctx, process.Spec{Dir: filepath.Dir(x.path), Stdout: stdout, Stderr: stderr}, args...)
	question := x.path + " " + strings.Join(args, " ")
	switch {
	case err != nil:
		return nil, fmt.Errorf("%s: %w", question, &ExecError{Path: x.path, ExitCode: exitCode(err), Tail: stderr.String(), Err: err})
	case stdout.Over:
		return nil, fmt.Errorf("%s: printed more than %d bytes", question, maxConfig)
	}
	return stdout.Bytes(), nil
}

func exitCode(err error) int {
	if exit, ok := errors.AsType[*process.Exit](err); ok {
		return exit.Code
	}
	return -1
}

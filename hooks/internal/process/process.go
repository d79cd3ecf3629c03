package process

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"
)

const (
	// DefaultGrace is the time between SIGTERM and SIGKILL when Spec.Grace is zero.
	DefaultGrace = 5 * time.Second
	// HoldDelay bounds how long output held open by a descendant is read after the program has ended.
	HoldDelay = 500 * time.Millisecond
	// TokenVar is the environment variable by which a run's descendants are found.
	TokenVar = "ADDONKIT_RUN"
)

// Spec is one program to run.
type Spec struct {
	Path           string        // absolute path of the program
	Args           []string      // without the program's name
	Dir            string        // working directory; "": that of this process
	Env            []string      // the whole environment
	Stdout, Stderr io.Writer     // nil: discarded. Each is written from one goroutine
	Grace          time.Duration // between SIGTERM and SIGKILL; 0: DefaultGrace
}

// Usage is what a run took, descendants that were waited for included.
type Usage struct {
	Wall, User, System time.Duration
	MaxRSS             int64 // bytes; 0 where the system does not tell
}

// Exit says how a program ended other than with code 0.
type Exit struct {
	Code   int    // -1: ended by a signal
	Signal string // empty: ended by itself
	Cause  error  // why it was ended by us, the cause of the context; nil: it was not
}

func (e *Exit) Error() string {
	how := fmt.Sprintf("exit status %d", e.Code)
	if e.Signal != "" {
		how = "ended by signal: " + e.Signal
	}
	if e.Cause != nil {
		return fmt.Sprintf("stopped (%v), %s", e.Cause, how)
	}
	return how
}

func (e *Exit) Unwrap() error { return e.Cause }

// Run runs the program until it ends or ctx does. A program that could not be started, or did not end with code 0, is
// an error; the latter is an *[Exit]. A program that ends with code 0 although ctx has ended is no error.
func Run(ctx context.Context, s Spec) (Usage, error) {
	if err := ctx.Err(); err != nil {
		return Usage{}, context.Cause(ctx)
	}
	token := rand.Text()
	cmd := exec.Command(s.Path, s.Args...) //nolint:noctx // the group is ended below, not only the program
	cmd.Dir = s.Dir
	cmd.Env = append(append([]string(nil), s.Env...), TokenVar+"="+token)
	cmd.Stdout, cmd.Stderr = s.Stdout, s.Stderr
	cmd.WaitDelay = HoldDelay
	own(cmd)

	begin := time.Now()
	g := &group{}
	ended := make(chan error, 1)
	started := make(chan error, 1)
	go func() {
		// The death signal of a child is bound to the thread that started it, so the thread must outlive the child.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		if err := cmd.Start(); err != nil {
			started <- err
			return
		}
		g.pid = cmd.Process.Pid
		started <- nil
		g.awaitExit()
		ended <- cmd.Wait()
	}()
	if err := <-started; err != nil {
		return Usage{}, startError(s.Path, err)
	}
	cause, err := g.await(ctx, ended, grace(s.Grace), token)
	endStragglers(g.pid, token)
	return usage(cmd.ProcessState, time.Since(begin)), verdict(cmd.ProcessState, err, cause)
}

func grace(d time.Duration) time.Duration {
	if d <= 0 {
		return DefaultGrace
	}
	return d
}

// await waits for the end of the program and hastens it when ctx ends. The first result is why it was hastened.
func (g *group) await(ctx context.Context, ended <-chan error, grace time.Duration, token string) (cause, err error) {
	old := time.NewTimer(guardAfter)
	defer old.Stop()
	select {
	case err := <-ended:
		return nil, err
	case <-ctx.Done():
	case <-old.C:
		defer newGuard(g.pid, token).release()
		select {
		case err := <-ended:
			return nil, err
		case <-ctx.Done():
		}
	}
	g.terminate()
	timer := time.NewTimer(grace)
	defer timer.Stop()
	select {
	case err = <-ended:
	case <-timer.C:
		g.kill()
		err = <-ended
	}
	return context.Cause(ctx), err
}

func verdict(state *os.ProcessState, err, cause error) error {
	if state != nil && state.Success() {
		return nil // also when a descendant held the output open: the program itself did well
	}
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		return &Exit{Code: exit.ExitCode(), Signal: signalName(exit.ProcessState), Cause: cause}
	}
	if state != nil {
		return &Exit{Code: state.ExitCode(), Signal: signalName(state), Cause: cause}
	}
	return err
}

// startError says what to do about a program that cannot be started.
func startError(path string, err error) error {
	switch {
	case errors.Is(err, os.ErrPermission):
		return fmt.Errorf("cannot be started: not executable, remedy: chmod +x %s: %w", path, err)
	case errors.Is(err, os.ErrNotExist) && exists(path):
		return fmt.Errorf("cannot be started: its interpreter is missing%s: %w", interpreter(path), err)
	case strings.Contains(err.Error(), "exec format error"):
		return fmt.Errorf("cannot be started: no interpreter line, remedy: begin the file with #!/usr/bin/env bash or its like: %w", err)
	}
	return fmt.Errorf("cannot be started: %w", err)
}

func exists(path string) bool {
	_, err := os.Stat(filepath.Clean(path))
	return err == nil
}

// interpreter quotes the first line of a script.
func interpreter(path string) string {
	f, err := os.Open(path)
	if err != nil {
		return ""
	}
	defer f.Close()
	head := make([]byte, 128)
	n, _ := io.ReadFull(f, head)
	line, _, _ := strings.Cut(string(head[:n]), "\n")
	if !strings.HasPrefix(line, "#!") {
		return ""
	}
	return fmt.Sprintf(", the first line is %q", line)
}

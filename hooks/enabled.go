package hooks

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/addonkit/addonkit/hooks/internal/process"
	"github.com/addonkit/addonkit/hooks/internal/proto"
	"github.com/addonkit/addonkit/values"
)

var (
	fileEnabled = [2]string{"MODULE_ENABLED_RESULT", "module-enabled-result"}
	fileReason  = [2]string{"MODULE_ENABLED_REASON", "module-enabled-reason"}
)

// EnabledScript makes a function of a module's enabled script. Each call runs the script once, as hooks are run, with
// the two documents at CONFIG_VALUES_PATH and VALUES_PATH, and returns its answer; the reason is what a script that
// says no gave. A script that fails, or answers neither true nor false, is an error with the end of its output.
func EnabledScript(path string, o ExecOptions) func(ctx context.Context, config, effective values.View) (enabled bool, reason string, err error) {
	return func(ctx context.Context, config, effective values.View) (bool, string, error) {
		enabled, reason, err := askEnabled(ctx, path, &o, config, effective)
		if err != nil {
			return false, "", fmt.Errorf("enabled script %s: %w", path, err)
		}
		return enabled, reason, nil
	}
}

func askEnabled(ctx context.Context, path string, o *ExecOptions, config, effective values.View) (enabled bool, reason string, err error) {
	program, err := filepath.Abs(path)
	if err != nil {
		return false, "", err
	}
	timeout := o.Timeout
	if timeout <= 0 {
		timeout = DefaultTimeout
	}
	ctx, cancel := context.WithTimeoutCause(ctx, timeout, &timeoutError{timeout})
	defer cancel()
	files, err := proto.NewFiles(o.TempDir, len(config.JSON())+len(effective.JSON()))
	if err != nil {
		return false, "", err
	}
	defer files.Wipe() //nolint:errcheck // the answer counts all the same
	for _, give := range []error{
		files.Give(fileConfigValues[0], fileConfigValues[1], config.JSON()),
		files.Give(fileValues[0], fileValues[1], effective.JSON()),
		files.Ask(fileEnabled[0], fileEnabled[1]),
		files.Ask(fileReason[0], fileReason[1]),
	} {
		if give != nil {
			return false, "", give
		}
	}
	tail := &process.Tail{Limit: tailSize}
	_, err = process.Run(ctx, process.Spec{Path: program, Dir: o.Dir, Grace: o.Grace, Stderr: tail,
		Env: environment(os.Environ(), o, files.Env())}) //nolint:forbidigo // what is inherited is the options' choice
	if err != nil {
		return false, "", &ExecError{Path: program, ExitCode: exitCode(err), Tail: tail.String(), Err: err}
	}
	answer, err := files.Answer(fileEnabled[1])
	if err != nil {
		return false, "", err
	}
	switch strings.TrimSpace(string(answer)) {
	case "true":
		return true, "", nil
	case "false":
		text, err := files.Answer(fileReason[1])
		return false, strings.TrimSpace(strings.ToValidUTF8(string(text), "\uFFFD")), err
	}
	return false, "", fmt.Errorf("%s holds neither true nor false; write one of them into it", fileEnabled[0])
}

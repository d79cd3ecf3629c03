package hooks

import (
	"context"
	"fmt"
	"runtime/debug"
	"time"
)

// Call runs a hook once, in the caller's goroutine, with its deadline and a fence against panics. The hook must be
// valid.
//
// Without an error the Output is whole and checked, and all of it is to take effect. With an error the Output, which
// is never nil, holds exactly what is to take effect nonetheless: all metrics and the changes marked with
// IgnoreHookError. An error of an executable's run is an *[ExecError], that of a panic a *[PanicError].
//
// A Go hook that ignores the end of its context delays the return: nothing is ever left running behind.
func Call(ctx context.Context, h Hook, in *Input) (*Output, error) {
	timeout := h.Timeout
	if timeout <= 0 {
		timeout = DefaultTimeout
	}
	ctx, cancel := context.WithTimeoutCause(ctx, timeout, &timeoutError{timeout})
	defer cancel()

	out := &Output{}
	begin := time.Now()
	err := fenced(ctx, h, in, out)
	out.Usage.Wall = time.Since(begin)
	if err == nil {
		err = out.validate()
	}
	if err != nil {
		return out.survivors(), fmt.Errorf("hook %s: %w", h.Name, err)
	}
	return out, nil
}

// PanicError is the panic of a Go hook.
type PanicError struct {
	Value any
	Stack string // of the goroutine that panicked
}

func (e *PanicError) Error() string { return fmt.Sprintf("panic: %v\n%s", e.Value, e.Stack) }

// Unwrap gives the value of the panic if it is an error.
func (e *PanicError) Unwrap() error {
	err, _ := e.Value.(error)
	return err
}

func fenced(ctx context.Context, h Hook, in *Input, out *Output) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = &PanicError{Value: v, Stack: string(debug.Stack())}
		}
	}()
	return h.Run(ctx, in, out)
}

// timeoutError is the cause of a context that ended by the deadline of a hook.
type timeoutError struct{ after time.Duration }

func (e *timeoutError) Error() string { return fmt.Sprintf("deadline of %s exceeded", e.after) }
func (e *timeoutError) Unwrap() error { return context.DeadlineExceeded }

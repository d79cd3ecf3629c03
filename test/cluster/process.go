package cluster

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"
)

// stopLimit is longer than what the program gives its own components.
const stopLimit = 40 * time.Second

// process is a child that stops by itself when our end of its standard input closes,
// which the kernel does for us if we die.
type process struct {
	cmd   *exec.Cmd
	input io.Closer
	log   string
	ready chan struct{} // closed when it said that it serves
	ended chan struct{} // closed when it is gone
	err   error         // how it ended; read after ended
}

func launch(binary string, args []string, log string) (*process, error) {
	file, err := os.OpenFile(log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	cmd := exec.Command(binary, args...) //nolint:noctx // it is told to stop in order, not killed
	cmd.Stderr = file
	// Ctrl-C in a terminal is for us; we then stop it in order.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	input, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	output, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	p := &process{cmd: cmd, input: input, log: log, ready: make(chan struct{}), ended: make(chan struct{})}
	go p.watch(output)
	return p, nil
}

func (p *process) watch(output io.Reader) {
	lines := bufio.NewScanner(output)
	for lines.Scan() {
		if lines.Text() == "ready" {
			close(p.ready)
		}
	}
	p.err = p.cmd.Wait()
	close(p.ended)
}

func (p *process) awaitReady(ctx context.Context) error {
	select {
	case <-p.ready:
		return nil
	case <-p.ended:
		return fmt.Errorf("it ended (%s); the end of %s:\n%s", p.cmd.ProcessState, p.log, tail(p.log))
	case <-ctx.Done():
		return fmt.Errorf("%w; the end of %s:\n%s", ctx.Err(), p.log, tail(p.log))
	}
}

func (p *process) stop() error {
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-p.ended:
		if p.err != nil {
			return fmt.Errorf("%w; the end of %s:\n%s", p.err, p.log, tail(p.log))
		}
		return nil
	case <-time.After(stopLimit):
		p.kill()
		return fmt.Errorf("killed: it still ran %s after it was told to stop", stopLimit)
	}
}

func (p *process) kill() {
	_ = p.cmd.Process.Kill()
	<-p.ended
}

// tail returns the last lines of a log.
func tail(path string) string {
	const lines = 10
	data, err := os.ReadFile(filepath.Clean(path))
	if err != nil {
		return err.Error()
	}
	all := bytes.Split(bytes.TrimSpace(data), []byte("\n"))
	return string(bytes.Join(all[max(0, len(all)-lines):], []byte("\n")))
}

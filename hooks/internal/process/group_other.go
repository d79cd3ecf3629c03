//go:build !linux

package process

import (
	"os"
	"os/exec"
	"sync"
	"time"
)

// group is one run where there are no Linux process groups: only the program itself is ended.
type group struct {
	pid  int
	mu   sync.Mutex
	proc *os.Process
}

func own(*exec.Cmd) {}

func (g *group) awaitExit() {}

func (g *group) terminate() { g.kill() }

func (g *group) kill() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.proc == nil {
		g.proc, _ = os.FindProcess(g.pid)
	}
	if g.proc != nil {
		_ = g.proc.Kill()
	}
}

func endStragglers(int, string) {}

func usage(state *os.ProcessState, wall time.Duration) Usage {
	u := Usage{Wall: wall}
	if state != nil {
		u.User, u.System = state.UserTime(), state.SystemTime()
	}
	return u
}

func signalName(*os.ProcessState) string { return "" }

const guardAfter = time.Hour

type guard struct{}

func newGuard(int, string) *guard { return nil }

func (*guard) release() {}

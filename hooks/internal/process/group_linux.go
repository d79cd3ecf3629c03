package process

import (
	"os"
	"os/exec"
	"sync"
	"syscall"
	"time"
	"unsafe"
)

// group is the process group of one run. No signal is sent once the leader may have been reaped, because its number
// may belong to a stranger by then.
type group struct {
	pid  int
	mu   sync.Mutex
	gone bool
}

// own makes the program the leader of its own group and lets it die with this process.
func own(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}

// awaitExit returns when the leader has ended but is not reaped, and has killed what it left behind in the group.
func (g *group) awaitExit() {
	const (
		idPID  = 1          // P_PID
		exited = 0x4        // WEXITED
		noWait = 0x01000000 // WNOWAIT
	)
	var info [16]uint64
	for {
		_, _, errno := syscall.Syscall6(syscall.SYS_WAITID, idPID, uintptr(g.pid), uintptr(unsafe.Pointer(&info)), exited|noWait, 0, 0)
		if errno != syscall.EINTR {
			break
		}
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	_ = syscall.Kill(-g.pid, syscall.SIGKILL)
	g.gone = true
}

func (g *group) terminate() { g.signal(syscall.SIGTERM) }

func (g *group) kill() { g.signal(syscall.SIGKILL) }

func (g *group) signal(s syscall.Signal) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if !g.gone {
		_ = syscall.Kill(-g.pid, s)
	}
}

func usage(state *os.ProcessState, wall time.Duration) Usage {
	u := Usage{Wall: wall}
	if state == nil {
		return u
	}
	u.User, u.System = state.UserTime(), state.SystemTime()
	if r, ok := state.SysUsage().(*syscall.Rusage); ok {
		u.MaxRSS = r.Maxrss * 1024
	}
	return u
}

func signalName(state *os.ProcessState) string {
	if w, ok := state.Sys().(syscall.WaitStatus); ok && w.Signaled() {
		return w.Signal().String()
	}
	return ""
}

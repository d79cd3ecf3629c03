package process

import (
	"os"
	"os/exec"
	"strconv"
	"syscall"
	"time"
)

// guardAfter is how old a run is when it gets a guard. Most runs have ended by then and never pay for one.
const guardAfter = 50 * time.Millisecond

// guardScript waits until the other end of its input is closed, which the kernel does when this process dies in
// whatever way, and then ends the group and whatever carries the token.
const guardScript = `read -r _ && exit
kill -KILL -- "-$1"
for _ in 1 2 3; do
	for p in $(grep -ls "$2" /proc/[0-9]*/environ 2>/dev/null); do
		p=${p#/proc/}
		kill -KILL "${p%/environ}"
	done
done`

// guard is a small process in a session of its own that outlives this one just long enough to end the descendants of
// a run: the kernel's death signal reaches only the program itself.
type guard struct {
	cmd  *exec.Cmd
	line *os.File
}

// newGuard is nil where there is no shell.
func newGuard(pid int, token string) *guard {
	in, line, err := os.Pipe()
	if err != nil {
		return nil
	}
	defer in.Close()
	cmd := exec.Command("/bin/sh", "-c", guardScript, "guard", strconv.Itoa(pid), TokenVar+"="+token) //nolint:noctx // ended by release
	cmd.Env = []string{"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"}
	cmd.Dir = "/"
	cmd.Stdin = in
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := cmd.Start(); err != nil {
		_ = line.Close()
		return nil
	}
	return &guard{cmd: cmd, line: line}
}

// release ends the guard without it doing anything.
func (g *guard) release() {
	if g == nil {
		return
	}
	_ = g.cmd.Process.Kill() // before its input is closed
	_ = g.cmd.Wait()
	_ = g.line.Close()
}

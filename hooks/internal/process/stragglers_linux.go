package process

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// endStragglers kills every process that carries the token in its environment. Only processes younger than the leader
// are looked at, so the cost grows with what happened during the run and not with the size of the machine.
// It repeats until none is found, because a straggler may fork while it is looked for.
func endStragglers(leader int, token string) {
	mark := []byte(TokenVar + "=" + token)
	for range 10 {
		found := false
		for _, pid := range youngerThan(leader) {
			env, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "environ"))
			if err == nil && bytes.Contains(env, mark) {
				found = syscall.Kill(pid, syscall.SIGKILL) == nil || found
			}
		}
		if !found {
			return
		}
	}
}

// youngerThan lists the processes started after pid, or all when process numbers have wrapped around meanwhile.
func youngerThan(pid int) []int {
	dir, err := os.Open("/proc")
	if err != nil {
		return nil
	}
	defer dir.Close()
	names, err := dir.Readdirnames(-1)
	if err != nil {
		return nil
	}
	wrapped := newest() < pid
	var pids []int
	for _, name := range names {
		if n, err := strconv.Atoi(name); err == nil && (wrapped || n > pid) && n != os.Getpid() {
			pids = append(pids, n)
		}
	}
	return pids
}

// newest is the number last given to a process.
func newest() int {
	data, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return 0
	}
	fields := strings.Fields(string(data))
	if len(fields) < 5 {
		return 0
	}
	n, _ := strconv.Atoi(fields[4])
	return n
}

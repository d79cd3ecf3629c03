package main

import "syscall"

// ownGroup keeps Ctrl-C from the child, which is stopped in order, and ends it should
// this process be killed.
func ownGroup() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGTERM}
}

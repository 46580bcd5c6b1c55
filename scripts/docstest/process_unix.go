//go:build unix

package main

import (
	"os/exec"
	"syscall"
)

// ownGroup puts a process and what it will start into a group of their own.
func ownGroup(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }

// endGroup asks a group to end, and killGroup does not ask.
func endGroup(pid int) error  { return syscall.Kill(-pid, syscall.SIGTERM) }
func killGroup(pid int) error { return syscall.Kill(-pid, syscall.SIGKILL) }

func makePipe(path string) error { return syscall.Mkfifo(path, 0o600) }

//go:build unix

package main

import (
	"os"
	"os/exec"
	"syscall"
)

// apart keeps a Ctrl-C of the terminal from the process: it is told to stop once, by us. Told twice, it would not take its time.
func apart(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }

func interrupt(p *os.Process) error { return p.Signal(syscall.SIGTERM) }

//go:build unix && !linux

package nodeproc

import (
	"os"
	"syscall"
)

func attributes(apart bool) *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: apart} }

func interrupt(p *os.Process) error { return p.Signal(syscall.SIGTERM) }

//go:build !unix

package nodeproc

import (
	"os"
	"syscall"
)

func attributes(bool) *syscall.SysProcAttr { return nil }

func interrupt(p *os.Process) error { return p.Kill() }

package nodeproc

import (
	"os"
	"syscall"
)

// attributes either keep a process from this one's fate and terminal, or have the kernel kill it
// when the thread that started it ends. Go keeps its threads until the process itself ends, in
// whatever way: then no server is left behind.
func attributes(apart bool) *syscall.SysProcAttr {
	if apart {
		return &syscall.SysProcAttr{Setpgid: true}
	}
	return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
}

func interrupt(p *os.Process) error { return p.Signal(syscall.SIGTERM) }

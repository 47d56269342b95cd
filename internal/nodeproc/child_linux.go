package nodeproc

import (
	"os"
	"syscall"
)

// attributes returns one of two settings. With apart, the process is independent of this process's
// end and terminal. Otherwise the kernel kills it when the thread that started it ends. Go keeps
// its threads until this process ends, in any way, so no server is left behind.
func attributes(apart bool) *syscall.SysProcAttr {
	if apart {
		return &syscall.SysProcAttr{Setpgid: true}
	}
	return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
}

func interrupt(p *os.Process) error { return p.Signal(syscall.SIGTERM) }

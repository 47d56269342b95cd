package nodetest

import "syscall"

// endWithParent has the kernel kill a child when the thread that started it ends. Go keeps its threads until the process itself ends,
// in whatever way: then no server is left behind.
func endWithParent() *syscall.SysProcAttr { return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} }

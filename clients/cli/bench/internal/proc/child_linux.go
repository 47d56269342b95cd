package proc

import "syscall"

// endWithParent has the kernel stop a child whose parent has died without stopping it.
func endWithParent() *syscall.SysProcAttr { return &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM} }

//go:build !linux

package nodetest

import "syscall"

func endWithParent() *syscall.SysProcAttr { return nil }

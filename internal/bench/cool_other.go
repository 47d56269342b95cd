//go:build !linux

package main

import "errors"

func dropCached(string) error {
	return errors.New("what the kernel has cached can be dropped on Linux only")
}

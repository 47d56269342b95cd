package main

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// dropCached drops a file from the kernel's cache. The kernel keeps dirty pages, so dropCached
// syncs the file first.
func dropCached(path string) (err error) {
	file, err := os.Open(path) //nolint:gosec // G304: it walks a directory that this command has filled
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	if err := file.Sync(); err != nil {
		return err
	}
	return unix.Fadvise(int(file.Fd()), 0, 0, unix.FADV_DONTNEED)
}

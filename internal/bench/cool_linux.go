package main

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// dropCached writes out what the kernel holds of a file and forgets it. Dirty pages are not forgotten, so it syncs first.
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

package embed

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"syscall"

	"golang.org/x/sys/unix"
)

const (
	// sharedMemory is an in-memory file system that every Linux has.
	sharedMemory = "/dev/shm"
	// stagingRoom is how many bytes must be free there to stage batches in it. It is far more
	// than all streams stage at once, so that nothing else on the machine runs out of memory.
	stagingRoom = 32 << 20
)

// memoryFor returns a directory in memory that no other store uses, or an empty string. The
// name is the same at each start, because the engine may have to complete a torn batch from it.
// It depends on the store's inode as well as on its path: containers that share the memory may
// all keep their stores under the same path.
func memoryFor(store string) string {
	var fs unix.Statfs_t
	if err := unix.Statfs(sharedMemory, &fs); err != nil || fs.Type != unix.TMPFS_MAGIC || !roomFor(sharedMemory) {
		return ""
	}
	var dir unix.Stat_t
	if err := unix.Stat(store, &dir); err != nil {
		return ""
	}
	sum := sha256.Sum256(fmt.Appendf(nil, "%d %d %s", dir.Dev, dir.Ino, store))
	return filepath.Join(sharedMemory, "natterjack-"+hex.EncodeToString(sum[:8]))
}

// roomFor reports whether there is room for batches.
func roomFor(dir string) bool {
	var fs unix.Statfs_t
	return unix.Statfs(dir, &fs) == nil && fs.Bavail*uint64(fs.Bsize) >= stagingRoom
}

// ownedAlone reports whether a directory belongs to this user and only this user can access it.
// The check is needed because every user may make directories beside it.
func ownedAlone(dir string) bool {
	info, err := os.Lstat(dir)
	if err != nil || !info.IsDir() || info.Mode().Perm()&0o077 != 0 {
		return false
	}
	owner, ok := info.Sys().(*syscall.Stat_t)
	return ok && int(owner.Uid) == os.Geteuid()
}

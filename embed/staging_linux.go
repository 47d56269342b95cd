package embed

import (
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"
	"syscall"

	"golang.org/x/sys/unix"
)

const (
	// sharedMemory is a file system in memory that Linux has everywhere.
	sharedMemory = "/dev/shm"
	// stagingRoom is what has to be free there for batches to be staged in it: far more than all streams stage at once, so that nothing
	// else on the machine is crowded out.
	stagingRoom = 32 << 20
)

// memoryFor names a directory in memory that no other store has, or none. Its name is the same at each start, for the engine may
// have a torn batch to complete from it.
func memoryFor(store string) string {
	var fs unix.Statfs_t
	if err := unix.Statfs(sharedMemory, &fs); err != nil || fs.Type != unix.TMPFS_MAGIC || !roomFor(sharedMemory) {
		return ""
	}
	sum := sha256.Sum256([]byte(store))
	return filepath.Join(sharedMemory, "natterjack-"+hex.EncodeToString(sum[:8]))
}

// roomFor reports whether there is room for batches.
func roomFor(dir string) bool {
	var fs unix.Statfs_t
	return unix.Statfs(dir, &fs) == nil && fs.Bavail*uint64(fs.Bsize) >= stagingRoom
}

// ownedAlone reports whether a directory is this user's, who alone may look into it: everybody may make one beside it.
func ownedAlone(dir string) bool {
	info, err := os.Lstat(dir)
	if err != nil || !info.IsDir() || info.Mode().Perm()&0o077 != 0 {
		return false
	}
	owner, ok := info.Sys().(*syscall.Stat_t)
	return ok && int(owner.Uid) == os.Geteuid()
}

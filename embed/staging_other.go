//go:build !linux

package embed

// memoryFor returns no directory: only Linux has an in-memory file system on every machine.
func memoryFor(string) string { return "" }

func roomFor(string) bool { return false }

func ownedAlone(string) bool { return false }

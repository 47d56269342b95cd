//go:build !linux

package embed

// memoryFor names no directory: nothing but Linux has a file system in memory wherever it runs.
func memoryFor(string) string { return "" }

func roomFor(string) bool { return false }

func ownedAlone(string) bool { return false }

//go:build !linux

package picture

// stepBack does nothing: on this system a thread has no priority of its own.
func stepBack() {}

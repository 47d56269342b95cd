//go:build !unix

package bridge

// canWriteNow is false on systems other than Unix. There Go's own writes do all the work, and
// every flush has a worker of its own.
const canWriteNow = false

func writeNow(uintptr, []byte) (int, error) { return 0, nil }

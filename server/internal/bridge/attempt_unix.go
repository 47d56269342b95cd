//go:build unix

package bridge

import (
	"errors"

	"golang.org/x/sys/unix"
)

const canWriteNow = true

// writeNow writes to a non-blocking descriptor, as all of Go's are. It returns n = 0 when the
// descriptor takes nothing now.
func writeNow(fd uintptr, p []byte) (n int, err error) {
	for {
		n, err = unix.Write(int(fd), p)
		switch {
		case err == nil:
			return n, nil
		case errors.Is(err, unix.EINTR):
		case errors.Is(err, unix.EAGAIN):
			return 0, nil
		default:
			return 0, err
		}
	}
}

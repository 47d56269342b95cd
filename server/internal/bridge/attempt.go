package bridge

import (
	"net"
	"syscall"
)

// attempt writes as much as a connection takes at once, without waiting. Go's own writes wait
// until everything is taken, and the goroutine and every session queued behind it would wait
// with them. An attempt belongs to one worker because of its closure: a new closure for each
// write would cost three allocations.
type attempt struct {
	blocks func() // called before a write that may wait

	write func(fd uintptr) bool
	frame []byte
	n     int
	err   error
}

func (a *attempt) init(blocks func()) {
	a.blocks = blocks
	a.write = func(fd uintptr) bool {
		a.n, a.err = writeNow(fd, a.frame)
		return true // return true even after an error: false would wait
	}
}

// put writes the part of frame that the connection takes now, and returns the rest.
func (a *attempt) put(raw syscall.RawConn, frame []byte) ([]byte, error) {
	a.frame, a.n, a.err = frame, 0, nil
	err := raw.Write(a.write)
	a.frame = nil
	if err == nil {
		err = a.err
	}
	return frame[a.n:], err
}

// rawOf returns the raw connection, or nil for connections on which nothing can be attempted:
// TLS and pipes.
func rawOf(conn net.Conn) syscall.RawConn {
	of, ok := conn.(syscall.Conn)
	if !ok || !canWriteNow {
		return nil
	}
	raw, err := of.SyscallConn()
	if err != nil { // the connection is closed, and its next write returns the error; or it has no descriptor
		return nil
	}
	return raw
}

package bridge

import (
	"net"
	"syscall"
)

// attempt writes what a connection takes at once. Go's own writes wait until all is taken, and with the goroutine everybody who
// comes after. It belongs to a worker, for its closure: one made for each write would cost three allocations.
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
		return true // whatever came of it: false would wait
	}
}

// put writes what of frame can go now, and returns the rest.
func (a *attempt) put(raw syscall.RawConn, frame []byte) ([]byte, error) {
	a.frame, a.n, a.err = frame, 0, nil
	err := raw.Write(a.write)
	a.frame = nil
	if err == nil {
		err = a.err
	}
	return frame[a.n:], err
}

// rawOf is nil for connections on which nothing can be attempted: TLS, and pipes.
func rawOf(conn net.Conn) syscall.RawConn {
	tcp, ok := conn.(*net.TCPConn)
	if !ok || !canWriteNow {
		return nil
	}
	raw, err := tcp.SyscallConn()
	if err != nil { // a closed connection; its next write says so
		return nil
	}
	return raw
}

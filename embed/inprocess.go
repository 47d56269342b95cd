package embed

import (
	"errors"
	"net"
	_ "unsafe" // for go:linkname

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"

	"natterjack/embed/internal/pipe"
)

// bufferedPipe chooses how our own connection works: it buffers written bytes, or each write waits
// for its reader.
const bufferedPipe = true

// pipeBuffer is how many bytes each direction of our own connection holds. It is more than both
// sides ever write at once.
const pipeBuffer = 128 << 10

// buffered connects to a server in process by a pipe with a buffer. The pipe of the server's
// own InProcessConn has none: each write waits for its reader. The server offers no other API,
// so the function behind InProcessConn is linked by name.
type buffered struct{ nats *server.Server }

var _ nats.InProcessConnProvider = buffered{}

// InProcessConn implements [nats.InProcessConnProvider].
func (b buffered) InProcessConn() (net.Conn, error) {
	if !b.nats.Running() {
		return nil, errors.New("nats: the server is not running")
	}
	ours, theirs := pipe.New(pipeBuffer)
	createClientInProcess(b.nats, theirs)
	return ours, nil
}

// createClientInProcess makes a server serve a connection of this process. It returns once the
// server has written its greeting, for which the pipe has room. TestServer_inProcess fails if
// another version of the server has changed this function.
//
//go:linkname createClientInProcess github.com/nats-io/nats-server/v2/server.(*Server).createClientInProcess
func createClientInProcess(s *server.Server, conn net.Conn) uintptr

// inProcess returns how our own connections reach the server: through a buffer if bufferedPipe
// is set.
func (s *Server) inProcess() nats.InProcessConnProvider {
	if bufferedPipe {
		return buffered{s.nats}
	}
	return s.nats
}

package embed

import (
	"errors"
	"net"
	_ "unsafe" // for go:linkname

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"

	"natterjack/embed/internal/pipe"
)

// bufferedPipe says whether our own connection holds what was written, or has each write wait for its reader.
const bufferedPipe = true

// pipeBuffer is how much each direction of our own connection holds: what both sides write at once, and more.
const pipeBuffer = 128 << 10

// buffered connects to a server in process by a pipe that holds what was written. The server's own InProcessConn makes one in
// which each write waits for its reader, and there is no other door: so this takes the step behind it by name.
type buffered struct{ nats *server.Server }

var _ nats.InProcessConnProvider = buffered{}

// InProcessConn implements [nats.InProcessConnProvider].
func (b buffered) InProcessConn() (net.Conn, error) {
	if !b.nats.Running() {
		return nil, errors.New("nats: the server does not run")
	}
	ours, theirs := pipe.New(pipeBuffer)
	createClientInProcess(b.nats, theirs)
	return ours, nil
}

// createClientInProcess has a server serve a connection as one of this process. It returns once the server has greeted, which
// the pipe has room for. TestServer_inProcess fails where another version of the server has changed it.
//
//go:linkname createClientInProcess github.com/nats-io/nats-server/v2/server.(*Server).createClientInProcess
func createClientInProcess(s *server.Server, conn net.Conn) uintptr

// inProcess is how our own connections reach the server. Where this is set, a buffer stands between the two.
func (s *Server) inProcess() nats.InProcessConnProvider {
	if bufferedPipe {
		return buffered{s.nats}
	}
	return s.nats
}

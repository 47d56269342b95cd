package bridge

import (
	"bufio"
	"bytes"
	"net"
	"net/http"

	"github.com/coder/websocket"
)

// Sizes of the buffers handed to the library.
//
// The read buffer takes the header and payload of a message of a line or two in one system call. A
// longer message takes two calls: writes larger than the buffer bypass it.
//
// The write buffer holds one control frame, see [socket].
const (
	readBuffer  = 256
	writeBuffer = 2 + maxControlPayload + 1
)

// serveWebSocket accepts a connection and reads until the client has connected. It runs on the
// goroutine of net/http, which has the deep stack. Then it leaves the session to a fresh
// goroutine and returns, so that net/http frees its buffers.
func (b *Bridge) serveWebSocket(w http.ResponseWriter, r *http.Request) {
	if !b.origins.allow(r) {
		b.answer(w, foreign())
		return
	}
	err := b.hub.elsewhere()
	if err == nil {
		err = b.hub.enter(&b.wg)
	}
	if err != nil {
		b.answer(w, b.fault("", r.URL.Path, err, 0))
		return
	}
	s := newSession(b, r)
	ws, err := websocket.Accept(&hijacker{ResponseWriter: w, session: s}, r, &websocket.AcceptOptions{
		InsecureSkipVerify: true, // the origin is checked above, exactly; the library would match patterns
		CompressionMode:    websocket.CompressionDisabled,
	})
	if err != nil { // Accept has answered already
		b.hub.leave(&b.wg)
		return
	}
	s.begin(ws)
	if s.greet() {
		b.signedIn(r.Context())
		b.wg.Go(s.run)
	} else {
		s.finish()
	}
}

// hijacker hands the library small buffers instead of the two buffers of 4 KiB that net/http
// has. It also wraps the connection.
type hijacker struct {
	http.ResponseWriter
	session *session
}

// Hijack implements [http.Hijacker]. Bytes that the client sent early must be buffered in the
// returned reader: Accept keeps the buffered bytes and resets the reader to these bytes followed by
// the connection.
func (h *hijacker) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, buffered, err := http.NewResponseController(h.ResponseWriter).Hijack()
	if err != nil {
		return nil, nil, err
	}
	s := h.session
	s.socket.Conn, s.socket.raw = conn, rawOf(conn)
	early, err := buffered.Reader.Peek(buffered.Reader.Buffered())
	if err != nil {
		return nil, nil, err
	}
	s.input = bufio.NewReaderSize(bytes.NewReader(bytes.Clone(early)), max(readBuffer, len(early)))
	if _, err := s.input.Peek(len(early)); err != nil {
		return nil, nil, err
	}
	return &s.socket, bufio.NewReadWriter(s.input, bufio.NewWriterSize(&s.socket, writeBuffer)), nil
}

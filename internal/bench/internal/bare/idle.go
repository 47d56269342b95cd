package bare

import (
	"bufio"
	"bytes"
	"context"
	"net"
	"net/http"

	"github.com/coder/websocket"
)

// tunedBuffer is the size of each of a tuned socket's two buffers. The buffers of net/http have
// 4 KiB.
const tunedBuffer = 512

// serveIdle reads a socket as the library's examples do: in the handler, with the buffers of
// net/http.
func serveIdle(w http.ResponseWriter, req *http.Request) {
	conn, err := websocket.Accept(w, req, nil)
	if err != nil {
		return // Accept has answered
	}
	readIdle(req.Context(), conn)
}

// serveIdleTuned reads a socket with as little memory as the library allows. It uses small
// buffers and a fresh goroutine, so that net/http frees its own buffers and the deep stack of
// the handler.
func (r *Relay) serveIdleTuned(w http.ResponseWriter, req *http.Request) {
	conn, err := websocket.Accept(&smallBuffers{w}, req, &websocket.AcceptOptions{CompressionMode: websocket.CompressionDisabled})
	if err != nil {
		return // Accept has answered
	}
	r.tuned.Go(func() { readIdle(context.Background(), conn) })
}

func readIdle(ctx context.Context, conn *websocket.Conn) {
	defer func() { _ = conn.CloseNow() }()
	if conn.Write(ctx, websocket.MessageText, welcome) != nil {
		return
	}
	for {
		if _, _, err := conn.Read(ctx); err != nil {
			return
		}
	}
}

// smallBuffers replaces the buffers of a hijacked connection by small ones.
type smallBuffers struct{ http.ResponseWriter }

// Hijack implements [http.Hijacker]. Bytes that the client sent early stay buffered, as Accept
// requires.
func (s *smallBuffers) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, buffered, err := http.NewResponseController(s.ResponseWriter).Hijack()
	if err != nil {
		return nil, nil, err
	}
	early, err := buffered.Reader.Peek(buffered.Reader.Buffered())
	if err != nil {
		return nil, nil, err
	}
	input := bufio.NewReaderSize(bytes.NewReader(bytes.Clone(early)), max(tunedBuffer, len(early)))
	if _, err := input.Peek(len(early)); err != nil {
		return nil, nil, err
	}
	return conn, bufio.NewReadWriter(input, bufio.NewWriterSize(conn, tunedBuffer)), nil
}

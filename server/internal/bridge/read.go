package bridge

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/coder/websocket"

	"natterjack/server/wire"
)

// buffers hold messages while they are read and dispatched. An idle session has none.
var buffers = sync.Pool{New: func() any { return new(make([]byte, 0, 4<<10)) }}

// read reads one message and dispatches its frames. It reports whether the session goes on.
func (s *session) read() bool {
	// The context is Background because the library would register an AfterFunc on a context
	// for each of the several reads of a message. The read deadline ends a read, see stop.
	kind, r, err := s.ws.Reader(context.Background())
	if err != nil {
		return s.readFailed(err)
	}
	buf := buffers.Get().(*[]byte)
	defer buffers.Put(buf)
	message, err := readAll((*buf)[:0], r, s.bridge.limits.FrameBytes)
	*buf = message[:0]
	switch {
	case errors.Is(err, errTooLong), err == nil && (kind != websocket.MessageText || !utf8.Valid(message)):
		s.stop(wire.CloseProtocol)
		return false
	case err != nil:
		return s.readFailed(err)
	}
	s.hear()
	for frame := range split(message) {
		s.dispatch(frame)
		if !s.waitRoom() {
			return false
		}
	}
	return true
}

// takePong removes a waiting pong from the input, and reports whether there was one. A pong is
// the only message of an idle session. Reading it with the library and decoding it would double
// the session's stack for good (see run). takePong recognizes only the usual form of a pong;
// any other form is read like every message.
func (s *session) takePong() bool {
	const head = 2 + 4 // with the mask
	frame, _ := s.input.Peek(min(s.input.Buffered(), head+len(pongFrame)))
	if len(frame) < head+len(pongFrame) || frame[0] != finBit|opText || frame[1] != maskBit|byte(len(pongFrame)) {
		return false
	}
	mask, payload := frame[2:head], frame[head:]
	for i := range payload {
		if payload[i]^mask[i%len(mask)] != pongFrame[i] {
			return false
		}
	}
	if s.bucket.take(time.Now(), s.bridge.limits.CommandsPerS) > 0 {
		return false // dispatch answers it
	}
	_, _ = s.input.Discard(len(frame)) // it is buffered
	s.hear()
	return true
}

const pongFrame = `{"type":"pong"}`

// readFailed finds out why a read failed: the peer closed or is gone, the peer broke the
// framing, it was too slow to connect, or stop was called.
func (s *session) readFailed(err error) bool {
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded):
		s.stop(wire.CloseConnectTimeout) // only stop sets another read deadline, and its code came first
	case websocket.CloseStatus(err) != -1, errors.Is(err, io.EOF):
		s.heard.Store(time.Now().UnixNano()) // its end is the client's last sign of life
		s.stop(gone)
	case isGone(err):
		s.stop(gone)
	default:
		s.stop(wire.CloseProtocol)
	}
	return false
}

// isGone reports whether an error of the connection means that the peer is gone.
func isGone(err error) bool {
	_, network := errors.AsType[*net.OpError](err)
	return network || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) ||
		errors.Is(err, net.ErrClosed) || errors.Is(err, io.ErrClosedPipe)
}

var errTooLong = errors.New("the message is larger than is allowed")

// readAll appends a message to dst. A message may consist of several WebSocket frames, so its
// length is not known beforehand.
func readAll(dst []byte, r io.Reader, limit int) ([]byte, error) {
	for {
		if len(dst) == cap(dst) {
			dst = append(dst, 0)[:len(dst)]
		}
		n, err := r.Read(dst[len(dst):cap(dst)])
		dst = dst[:len(dst)+n]
		switch {
		case len(dst) > limit:
			return dst, errTooLong
		case err == io.EOF: // bare, at the end of a message; wrapped it would be the end of the connection
			return dst, nil
		case err != nil:
			return dst, err
		}
	}
}

// split returns an iterator over the frames of a message.
func split(message []byte) func(yield func(frame []byte) bool) {
	return func(yield func([]byte) bool) { wire.Split(message, yield) }
}

package load

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"time"
)

const (
	firstBuffer = 2 << 10 // of an idle socket; there may be ten thousand
	maxMessage  = 4 << 20 // far more than any message that is measured
	dialTimeout = 10 * time.Second
)

// Socket is the client side of a WebSocket. Write may be called concurrently with everything.
// Read is for one goroutine.
type Socket struct {
	conn net.Conn

	// The fields below are owned by Read.
	buf     []byte
	r, w    int
	message []byte // the frames so far of a message in several frames
}

// Dial connects to a server's address and makes the opening handshake for path. If local is
// nil, the system chooses the source address.
func Dial(ctx context.Context, addr, path string, local net.IP) (*Socket, error) {
	ctx, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	var d net.Dialer
	if local != nil {
		d.LocalAddr = &net.TCPAddr{IP: local}
	}
	conn, err := d.DialContext(ctx, "tcp", addr)
	if err != nil {
		return nil, err
	}
	s := &Socket{conn: conn, buf: make([]byte, firstBuffer)}
	if err := s.handshake(ctx, addr, path); err != nil {
		return nil, errors.Join(fmt.Errorf("websocket handshake: %w", err), conn.Close())
	}
	return s, nil
}

func (s *Socket) handshake(ctx context.Context, addr, path string) error {
	deadline, _ := ctx.Deadline()
	if err := s.conn.SetDeadline(deadline); err != nil {
		return err
	}
	// The key need not be random, because nothing caches here. The server's answer to it is not
	// checked.
	request := "GET " + path + " HTTP/1.1\r\nHost: " + addr + "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: bmF0dGVyamFjayBiZW5jaA==\r\n\r\n"
	if _, err := s.conn.Write([]byte(request)); err != nil {
		return err
	}
	end := []byte("\r\n\r\n")
	for !bytes.Contains(s.buf[:s.w], end) {
		if err := s.fill(); err != nil {
			return err
		}
	}
	if head := s.buf[:s.w]; !bytes.HasPrefix(head, []byte("HTTP/1.1 101 ")) {
		status, _, _ := bytes.Cut(head, []byte("\r\n"))
		return fmt.Errorf("answered %q", status)
	}
	s.r = bytes.Index(s.buf[:s.w], end) + len(end)
	return s.conn.SetDeadline(time.Time{})
}

// fill reads more bytes, after making room for them.
func (s *Socket) fill() error {
	if s.r == s.w {
		s.r, s.w = 0, 0
	}
	if s.w == len(s.buf) {
		if s.r > 0 {
			s.w = copy(s.buf, s.buf[s.r:s.w])
			s.r = 0
		} else {
			if len(s.buf) >= maxMessage {
				return fmt.Errorf("a message of more than %d bytes", maxMessage)
			}
			s.buf = append(s.buf, make([]byte, len(s.buf))...)
		}
	}
	n, err := s.conn.Read(s.buf[s.w:])
	s.w += n
	if n > 0 {
		return nil
	}
	return err
}

// Read waits until bytes have come and calls handle for each message that is complete by then.
// The message is valid during the call. A close frame is an error of type [*CloseError].
func (s *Socket) Read(handle func(message []byte) error) error {
	for {
		done, err := s.next(handle)
		if err != nil || done {
			return err
		}
		if err := s.fill(); err != nil {
			return err
		}
	}
}

// next handles the frames in the buffer and reports whether there was a message among them.
func (s *Socket) next(handle func(message []byte) error) (done bool, err error) {
	for {
		head, payload, ok := parseFrame(s.buf[s.r:s.w])
		if !ok {
			return done, nil
		}
		frame := s.buf[s.r : s.r+head+payload]
		s.r += head + payload
		whole, err := s.take(frame[0], frame[head:])
		if err != nil {
			return done, err
		}
		if whole == nil {
			continue
		}
		done = true
		if err := handle(whole); err != nil {
			return done, err
		}
	}
}

// parseFrame finds a frame from a server, which is never masked. It returns the lengths of its
// head and payload once all of it has come.
func parseFrame(b []byte) (head, payload int, ok bool) {
	if len(b) < 2 {
		return 0, 0, false
	}
	head, payload = 2, int(b[1]&^maskBit)
	switch payload {
	case 126:
		if head = 4; len(b) >= head {
			payload = int(binary.BigEndian.Uint16(b[2:]))
		}
	case 127:
		if head = 10; len(b) >= head {
			payload = int(min(binary.BigEndian.Uint64(b[2:]), 2*maxMessage))
		}
	}
	return head, payload, len(b) >= head+payload
}

// take handles one frame and returns the message that it completes, if any.
func (s *Socket) take(first byte, payload []byte) (whole []byte, err error) {
	switch op := first & 0xF; op {
	case opPing:
		return nil, s.Write(appendFrame(nil, opPong, payload))
	case opPong:
		return nil, nil
	case opClose:
		return nil, closeError(payload)
	case opText, opBinary, opContinuation:
		if first&finBit != 0 && len(s.message) == 0 {
			return payload, nil
		}
		s.message = append(s.message, payload...)
		if first&finBit == 0 {
			return nil, nil
		}
		whole, s.message = s.message, nil
		return whole, nil
	default:
		return nil, fmt.Errorf("a frame of opcode %#x", op)
	}
}

// Write sends bytes that are complete frames.
func (s *Socket) Write(frames []byte) error {
	_, err := s.conn.Write(frames)
	return err
}

// Close ends the connection without a close frame, and ends Read too.
func (s *Socket) Close() error { return s.conn.Close() }

// CloseError is the close frame with which the server ended a connection.
type CloseError struct {
	Code   int
	Reason string
}

func closeError(payload []byte) error {
	if len(payload) < 2 {
		return &CloseError{Code: 1005} // no status, RFC 6455 section 7.4.1
	}
	return &CloseError{Code: int(binary.BigEndian.Uint16(payload)), Reason: string(payload[2:])}
}

// Error implements error.
func (e *CloseError) Error() string {
	return fmt.Sprintf("the server closed the connection: %d %s", e.Code, e.Reason)
}

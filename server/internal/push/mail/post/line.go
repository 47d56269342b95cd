package post

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"net"
	"sync"
	"time"
)

// maxRead is how many bytes a server may say in one conversation. A usual one takes some hundred,
// and the certificates some thousand.
const maxRead = 256 << 10

// line is a connection to the server. Its methods may be called concurrently.
type line struct {
	cfg *Config

	mu     sync.Mutex // protects following
	conn   net.Conn
	closed bool
}

// dial opens the connection.
func (l *line) dial(ctx context.Context, network, address string) (net.Conn, error) {
	raw, err := (&net.Dialer{}).DialContext(ctx, network, cmp.Or(l.cfg.at, address))
	if err != nil {
		return nil, err
	}
	conn := &bounded{Conn: raw, left: maxRead}
	if !l.take(conn) {
		return nil, context.Canceled
	}
	if l.cfg.Security != TLS {
		return conn, nil
	}
	secure := tls.Client(conn, l.cfg.tls())
	if err := secure.HandshakeContext(ctx); err != nil {
		return nil, err
	}
	return secure, nil
}

// take keeps a connection to close it, or closes it if it is too late for it.
func (l *line) take(conn net.Conn) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.conn = conn
	if l.closed {
		_ = conn.Close() // nothing was said yet
	}
	return !l.closed
}

// hurry bounds the rest of the conversation.
func (l *line) hurry(d time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	_ = l.conn.SetDeadline(time.Now().Add(d)) // a closed connection needs none
}

// close closes the connection, also one that is opened later.
func (l *line) close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed = true; l.conn != nil {
		_ = l.conn.Close() // the result is known
	}
}

var errTalks = errors.New("post: the mail server's answer is too long")

// bounded is a connection that gives only so many bytes. One goroutine reads it.
type bounded struct {
	net.Conn

	left int
}

// Read implements [net.Conn].
func (b *bounded) Read(p []byte) (int, error) {
	if b.left <= 0 {
		return 0, errTalks
	}
	n, err := b.Conn.Read(p[:min(len(p), b.left)])
	b.left -= n
	return n, err
}

package gate

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"syscall"
	"time"
)

// Listen returns a listener that accepts the connections that the gate admits. It closes all other
// connections at once.
func (g *Gate) Listen(l net.Listener) net.Listener { return &listener{l, g} }

type listener struct {
	net.Listener
	gate *Gate
}

// Accept implements [net.Listener].
func (l *listener) Accept() (net.Conn, error) {
	for {
		c, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		if conn := l.gate.wrap(c); l.gate.admit(&conn.entry, conn.source(), conn.begins()) {
			return conn, nil
		}
		drop(c)
	}
}

// drop closes a connection without a goodbye. Bytes that were not sent are thrown away, and the
// kernel keeps none of them.
func drop(c net.Conn) {
	if tcp, ok := c.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0) // without it the close is only slower
	}
	_ = c.Close() // it is over in any case
}

// conn is an admitted connection.
type conn struct {
	net.Conn
	entry

	gate     *Gate
	proxy    bool   // of a trusted proxy
	request  *entry // of a proxy: the request that made it a WebSocket; protected by the gate's lock
	hijacked bool   // protected by the gate's lock
}

func (g *Gate) wrap(c net.Conn) *conn {
	conn := &conn{Conn: c, gate: g, proxy: g.proxies.trust(peer(c.RemoteAddr()))}
	conn.slot, conn.cut = true, conn
	return conn
}

// source returns where the connection comes from. A connection of a trusted proxy has no source,
// because its requests are counted instead.
func (c *conn) source() source {
	if c.proxy {
		return source{}
	}
	return sourceOf(peer(c.RemoteAddr()))
}

// Cut implements [cutter].
func (c *conn) Cut() { drop(c.Conn) }

// begins returns the state of a new connection. A connection of a trusted proxy is not a guest: its
// requests are.
func (c *conn) begins() state {
	if c.proxy {
		return signedIn
	}
	return guest
}

// Close implements [net.Conn].
func (c *conn) Close() error {
	c.gate.mu.Lock()
	c.gate.remove(&c.entry)
	if c.request != nil {
		c.gate.remove(c.request)
	}
	c.gate.mu.Unlock()
	return c.Conn.Close()
}

// CloseWrite lets net/http end a connection in good order.
func (c *conn) CloseWrite() error {
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return errors.ErrUnsupported
}

// SyscallConn implements [syscall.Conn].
func (c *conn) SyscallConn() (syscall.RawConn, error) {
	if raw, ok := c.Conn.(syscall.Conn); ok {
		return raw.SyscallConn()
	}
	return nil, errors.ErrUnsupported
}

// of returns the gate's connection within one that net/http has.
func of(c net.Conn) *conn {
	if t, ok := c.(*tls.Conn); ok {
		c = t.NetConn()
	}
	own, _ := c.(*conn)
	return own
}

type key struct{}

// ConnContext adds the connection to the context of its requests. It is to be set as
// [http.Server.ConnContext].
func (g *Gate) ConnContext(ctx context.Context, c net.Conn) context.Context {
	return context.WithValue(ctx, key{}, visit{conn: of(c)})
}

// ConnState tells the gate of a connection's new state. It is to be set as [http.Server.ConnState].
func (g *Gate) ConnState(c net.Conn, s http.ConnState) {
	own := of(c)
	if own == nil || own.proxy && s != http.StateHijacked {
		return
	}
	switch s {
	case http.StateActive:
		g.asks(&own.entry)
	case http.StateIdle:
		g.rests(&own.entry)
	case http.StateHijacked:
		g.mu.Lock()
		own.hijacked = true
		g.mu.Unlock()
	default: // it is admitted, and forgotten, elsewhere
	}
}

// asks notes that a connection has sent the header of a request. Unless it belongs to a proxy, it
// is a guest until that request has signed in, even if it was none before.
func (g *Gate) asks(e *entry) {
	g.mu.Lock()
	defer g.mu.Unlock()
	switch {
	case e.state == idle:
		e.asked = 0
	case e.state != guest || e.asked == freeRequests:
		return
	}
	e.asked++
	g.become(e, guest, time.Now())
}

// rests notes that a request has been answered, and that another one may follow.
func (g *Gate) rests(e *entry) {
	g.mu.Lock()
	defer g.mu.Unlock()
	switch e.state {
	case signedIn:
		g.become(e, idle, time.Now())
	case guest:
		if e.asked < freeRequests {
			g.become(e, guest, time.Now())
		}
	default:
	}
}

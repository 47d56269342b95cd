package gate

import (
	"context"
	"net/http"
	"time"
)

// visit holds the gate's facts about a request.
type visit struct {
	conn    *conn
	request *entry // nil unless the request came through a trusted proxy
}

// Handler returns a handler that counts the requests of trusted proxies for their clients, and
// passes them on. The RemoteAddr of such a request becomes the client's address, without a
// port. Refuse answers a request that is refused.
func (g *Gate) Handler(next, refuse http.Handler) http.Handler {
	if len(g.proxies) == 0 {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		v, _ := r.Context().Value(key{}).(visit)
		if v.conn == nil || !v.conn.proxy {
			next.ServeHTTP(w, r)
			return
		}
		client := g.proxies.client(peer(v.conn.RemoteAddr()), r.Header)
		ctx, cancel := context.WithCancel(r.Context())
		defer cancel()
		v.request = &entry{cut: &relayed{v.conn, r.ProtoMajor, cancel}}
		if !g.admit(v.request, sourceOf(client), guest) {
			refuse.ServeHTTP(w, r)
			return
		}
		defer v.conn.finish(v.request)
		r = r.WithContext(context.WithValue(ctx, key{}, v))
		r.RemoteAddr = client.String()
		next.ServeHTTP(w, r)
	})
}

// relayed is a request of a proxy.
type relayed struct {
	conn   *conn
	major  int // of the version of HTTP
	cancel context.CancelFunc
}

// Cut implements [cutter]. Over HTTP/1 the connection has no other request.
func (r *relayed) Cut() {
	r.cancel()
	if r.major < 2 {
		drop(r.conn.Conn)
	}
}

// finish forgets a request of a proxy, unless it has become a WebSocket. That ends with the
// connection.
func (c *conn) finish(request *entry) {
	c.gate.mu.Lock()
	defer c.gate.mu.Unlock()
	if c.hijacked && c.entry.state != outside {
		c.request = request
		return
	}
	c.gate.remove(request)
}

// Checks notes that the server checks a token that the client of a request has sent, or that it
// has done so.
func Checks(ctx context.Context, now bool) {
	v, _ := ctx.Value(key{}).(visit)
	switch {
	case v.request != nil:
		v.conn.gate.checks(v.request, now)
	case v.conn != nil:
		v.conn.gate.checks(&v.conn.entry, now)
	}
}

func (g *Gate) checks(e *entry, now bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	switch {
	case e.state != guest:
	case now:
		if e.asked < freeRequests {
			g.become(e, guest, time.Now())
		}
		e.check = true
	default:
		e.check = false
	}
}

// SignedIn notes that the client of a request has signed in.
func SignedIn(ctx context.Context) {
	v, _ := ctx.Value(key{}).(visit)
	switch {
	case v.request != nil:
		v.conn.gate.move(v.request, guest, signedIn)
	case v.conn != nil:
		v.conn.gate.move(&v.conn.entry, guest, signedIn)
	}
}

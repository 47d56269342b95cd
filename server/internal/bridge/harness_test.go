package bridge

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"

	"natterjack/embed/embedtest"
	"natterjack/jetstream"
	"natterjack/jetstream/operation"
	"natterjack/server/wire"
)

// TestMain starts the clock of the NATS server outside of every synctest bubble. It fails if a
// goroutine outlives the tests.
func TestMain(m *testing.M) { embedtest.Main(m) }

// patience bounds every wait. In a bubble waiting takes no real time.
const patience = 60 * time.Second

// tokens is an Authenticator. A token is the name of its user and, after a slash, the time for
// which it is valid.
type tokens struct{}

func (tokens) Authenticate(_ context.Context, token string) (string, time.Time, error) {
	user, life, limited := strings.Cut(token, "/")
	switch user {
	case "forged":
		return "", time.Time{}, wire.Errorf(wire.CodeUnauthorized, "token: proves nothing")
	case "stale":
		return "", time.Time{}, wire.Errorf(wire.CodeExpired, "token: has expired")
	case "faulty":
		return "", time.Time{}, errors.New("the key store is on fire")
	}
	valid := time.Hour
	if limited {
		var err error
		if valid, err = time.ParseDuration(life); err != nil {
			return "", time.Time{}, err
		}
	}
	return user, time.Now().Add(valid), nil
}

// Fingerprint returns the hash of the token as it is: the tokens of these tests have no
// signatures that could be spelled differently.
func (tokens) Fingerprint(token string) [sha256.Size]byte { return sha256.Sum256([]byte(token)) }

// rig is a running bridge. It serves over pipes unless told otherwise.
type rig struct {
	*Bridge
	listener dialer
	url      string
	http     *http.Client
	stop     func() // ends Run; the cleanup of the test closes the rest
}

// realLog runs a log over an embedded NATS server. It works inside a synctest bubble.
func realLog(tb testing.TB) *jetstream.Log {
	tb.Helper()
	embedtest.EmptyPools()
	tb.Cleanup(embedtest.EmptyPools) // after everything else is closed
	return logOn(tb, embedtest.Start(tb, embedtest.NoSync))
}

func logOn(tb testing.TB, node *embedtest.Node) *jetstream.Log {
	tb.Helper()
	return logWith(tb, node, func(*jetstream.Config) {})
}

func logWith(tb testing.TB, node *embedtest.Node, change func(*jetstream.Config)) *jetstream.Log {
	tb.Helper()
	ctx, cancel := context.WithTimeout(tb.Context(), patience)
	defer cancel()
	limits := wire.DefaultLimits()
	limits.GroupsPerMin, limits.MembersPerMin = 100_000, 100_000
	limits.UserCommandsPerS, limits.ChannelEventsPerS = 100_000, 100_000 // tests go as fast as they can
	cfg := jetstream.Config{Conn: node.Conn, Engine: node, ViewDir: tb.TempDir(), Limits: limits, Logger: logger(tb)}
	change(&cfg)
	l, err := jetstream.New(ctx, cfg)
	if err != nil {
		tb.Fatalf("make a log: %v", err)
	}
	run, stop := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { _ = l.Run(run) })
	tb.Cleanup(func() {
		stop()
		running.Wait()
		if err := l.Close(); err != nil {
			tb.Errorf("close the log: %v", err)
		}
	})
	select {
	case <-l.Ready():
	case <-time.After(patience):
		tb.Fatal("the log is not ready")
	}
	return l
}

func logger(tb testing.TB) *slog.Logger {
	tb.Helper()
	return slog.New(slog.NewTextHandler(tb.Output(), &slog.HandlerOptions{Level: slog.LevelDebug}))
}

// dialer is a listener that can connect to itself.
type dialer interface {
	net.Listener
	dial(ctx context.Context, network, addr string) (net.Conn, error)
}

// newRig runs a bridge over pipes. Config needs only what differs from the defaults of the
// tests.
func newRig(tb testing.TB, cfg Config) *rig {
	tb.Helper()
	return newRigOn(tb, newPipeListener(), cfg)
}

// overPipesAndTCP runs a test twice: over pipes and over TCP.
func overPipesAndTCP(t *testing.T, cfg Config, test func(t *testing.T, r *rig)) {
	t.Helper()
	t.Run("pipes", func(t *testing.T) { test(t, newRig(t, cfg)) })
	t.Run("tcp", func(t *testing.T) {
		l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		test(t, newRigOn(t, tcpListener{l}, cfg))
	})
}

func newRigOn(tb testing.TB, on dialer, cfg Config) *rig {
	tb.Helper()
	if cfg.Log == nil {
		cfg.Log = realLog(tb)
	}
	if cfg.Auth == nil {
		cfg.Auth = tokens{}
	}
	if cfg.Receipts == nil {
		cfg.Receipts = cfg.Log.(ReceiptLog)
	}
	if cfg.Operations == nil {
		cfg.Operations = cfg.Log.(interface{ Operations() *operation.Table }).Operations()
	}
	if cfg.Logger == nil {
		cfg.Logger = logger(tb)
	}
	r := &rig{Bridge: New(cfg), listener: on, url: "http://bridge"}
	ctx, stop := context.WithCancel(context.Background())
	srv := &http.Server{Handler: r.Bridge, ErrorLog: slog.NewLogLogger(cfg.Logger.Handler(), slog.LevelWarn)}
	LimitWrites(srv)
	var running sync.WaitGroup
	running.Go(func() { _ = r.Run(ctx) })
	running.Go(func() { _ = srv.Serve(r.listener) })
	r.stop = stop
	transport := r.transport(r.listener.dial)
	r.http = &http.Client{Transport: transport}
	tb.Cleanup(func() {
		stop()
		transport.CloseIdleConnections()
		_ = srv.Close()
		running.Wait()
		if n := r.Sessions(); n != 0 {
			tb.Errorf("%d sessions are still open", n)
		}
	})
	return r
}

// transport returns an HTTP client's transport to the bridge, over TLS if its listener is secured.
func (r *rig) transport(dial func(ctx context.Context, network, addr string) (net.Conn, error)) *http.Transport {
	transport := &http.Transport{DialContext: dial}
	if s, ok := r.listener.(*secured); ok {
		r.url = "https://bridge"
		transport.TLSClientConfig, transport.ForceAttemptHTTP2 = s.client, true
	}
	return transport
}

// client is a WebSocket client that reads all the time and keeps the frames that it has read.
type client struct {
	tb      testing.TB
	ws      *websocket.Conn
	conn    net.Conn
	inbox   chan []byte
	closed  chan struct{} // closed when reading has ended
	end     error
	reading sync.WaitGroup
}

// dial opens a socket. The end of the test closes it.
func (r *rig) dial(tb testing.TB, header ...string) *client {
	tb.Helper()
	c, resp, err := r.tryDial(tb, header...)
	if err != nil {
		tb.Fatalf("dial: %v (%v)", err, resp)
	}
	return c
}

func (r *rig) tryDial(tb testing.TB, header ...string) (*client, *http.Response, error) {
	tb.Helper()
	c := &client{tb: tb, inbox: make(chan []byte, 1<<12), closed: make(chan struct{})}
	transport := r.transport(func(ctx context.Context, network, addr string) (net.Conn, error) {
		conn, err := r.listener.dial(ctx, network, addr)
		c.conn = conn
		return conn, err
	})
	opts := &websocket.DialOptions{HTTPClient: &http.Client{Transport: transport}, HTTPHeader: http.Header{}}
	for i := 0; i+1 < len(header); i += 2 {
		opts.HTTPHeader.Set(header[i], header[i+1])
	}
	ws, resp, err := websocket.Dial(tb.Context(), r.url+wire.PathWebSocket, opts)
	if err != nil {
		transport.CloseIdleConnections()
		return nil, resp, err
	}
	c.ws = ws
	ws.SetReadLimit(-1)
	tb.Cleanup(func() {
		_ = ws.CloseNow()
		c.reading.Wait()
	})
	return c, resp, nil
}

// listen starts reading.
func (c *client) listen() *client {
	c.reading.Go(func() {
		defer close(c.closed)
		for {
			_, message, err := c.ws.Read(context.Background())
			if err != nil {
				c.end = err
				return
			}
			for frame := range split(message) {
				c.inbox <- frame
			}
		}
	})
	return c
}

// listenOnce reads one message.
func (c *client) listenOnce() {
	c.tb.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	_, message, err := c.ws.Read(ctx)
	if err != nil {
		c.tb.Fatalf("read: %v", err)
	}
	for frame := range split(message) {
		c.tb.Logf("read %.100s", frame)
	}
}

// connect dials, connects as a user, and takes the welcome.
func (r *rig) connect(tb testing.TB, token string) *client {
	tb.Helper()
	c := r.dial(tb).listen()
	c.send(`{"type":"connect","ref":1,"v":1,"token":"` + token + `"}`)
	if w := expect[wire.Welcome](c); w.Ref.Ref != 1 {
		tb.Fatalf("welcome has ref %d", w.Ref.Ref)
	}
	return c
}

func (c *client) send(message string) {
	c.tb.Helper()
	c.write(websocket.MessageText, []byte(message))
}

func (c *client) write(kind websocket.MessageType, message []byte) {
	c.tb.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := c.ws.Write(ctx, kind, message); err != nil {
		c.tb.Fatalf("write: %v", err)
	}
}

// tryWrite writes a message. It does not fail the test on an error.
func (c *client) tryWrite(message []byte, d time.Duration) error {
	ctx, cancel := context.WithTimeout(context.Background(), d)
	defer cancel()
	return c.ws.Write(ctx, websocket.MessageText, message)
}

// next returns the next frame that is not a ping.
func (c *client) next() []byte {
	c.tb.Helper()
	timeout := time.After(patience)
	for {
		select {
		case frame := <-c.inbox:
			if string(frame) != string(pingFrame) {
				return frame
			}
		case <-timeout:
			c.tb.Fatal("no frame came")
		case <-c.closed:
			select {
			case frame := <-c.inbox:
				return frame
			default:
				c.tb.Fatalf("no frame came: %v", c.end)
			}
		}
	}
}

// expect returns the next frame, which must have type T.
func expect[T wire.Frame](c *client) T {
	c.tb.Helper()
	return decode[T](c.tb, c.next())
}

func decode[T wire.Frame](tb testing.TB, data []byte) T {
	tb.Helper()
	f, err := wire.DecodeFrame(data)
	if err != nil {
		tb.Fatalf("%s: %v", data, err)
	}
	got, ok := f.(T)
	if !ok {
		tb.Fatalf("frame %s is a %T, want a %T", data, f, *new(T))
	}
	return got
}

// expectError takes the next frame, which must be the given error.
func (c *client) expectError(code wire.Code, ref uint64) {
	c.tb.Helper()
	c.checkError(expect[*wire.Error](c), code, ref)
}

func (c *client) checkError(e *wire.Error, code wire.Code, ref uint64) {
	c.tb.Helper()
	if e.Code != code || e.Ref.Ref != ref || e.Message == "" || e.Retryable != code.Retryable() {
		c.tb.Fatalf("error %+v, want code %s and ref %d", e, code, ref)
	}
}

// expectClose waits for the given close code.
func (c *client) expectClose(want wire.CloseCode) {
	c.tb.Helper()
	select {
	case <-c.closed:
	case <-time.After(patience):
		c.tb.Fatal("not closed")
	}
	var e websocket.CloseError
	if !errors.As(c.end, &e) || e.Code != websocket.StatusCode(want) || e.Reason != want.String() {
		c.tb.Fatalf("closed with %v, want %d %s", c.end, want, want)
	}
}

// readFrame reads one frame of a server from the connection. It does not use the library, and
// fails on anything that a server may not write.
func readFrame(tb testing.TB, r io.Reader) (opcode byte, payload []byte) {
	tb.Helper()
	head := make([]byte, 2, maxHeader)
	read := func(p []byte) {
		tb.Helper()
		if _, err := io.ReadFull(r, p); err != nil {
			tb.Fatalf("read: %v", err)
		}
	}
	read(head)
	opcode, n := head[0]&opMask, uint64(head[1])
	switch {
	case head[0]&^opMask != finBit || opcode != opText && opcode < opClose || opcode > 10:
		tb.Fatalf("frame begins with %x", head)
	case n == len16:
		read(head[:2])
		n = uint64(binary.BigEndian.Uint16(head))
	case n == len64:
		read(head[:8])
		n = binary.BigEndian.Uint64(head[:8])
	}
	if n > 16<<20 {
		tb.Fatalf("frame of %d bytes", n)
	}
	payload = make([]byte, n)
	read(payload)
	return opcode, payload
}

// drop discards the frames that have arrived.
func (c *client) drop() {
	for {
		select {
		case <-c.inbox:
		case <-time.After(50 * time.Millisecond):
			return
		}
	}
}

// awaitFrame returns the next frame of type T and skips others.
func awaitFrame[T wire.Frame](c *client) T {
	c.tb.Helper()
	for {
		if f, ok := decode[wire.Frame](c.tb, c.next()).(T); ok {
			return f
		}
	}
}

// eventually calls ok until it returns true.
func eventually(tb testing.TB, ok func() bool) {
	tb.Helper()
	for end := time.Now().Add(patience); !ok(); {
		if time.Now().After(end) {
			tb.Fatal("it never came true")
		}
	}
}

func toJSON(tb testing.TB, v any) string {
	tb.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		tb.Fatal(err)
	}
	return string(b)
}

type tcpListener struct{ net.Listener }

func (l tcpListener) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", l.Addr().String())
	if err != nil {
		return nil, err
	}
	return conn, conn.(*net.TCPConn).SetReadBuffer(16 << 10) // so that a client that does not read is noticed soon
}

// pipeListener is an in-memory listener. It works inside a synctest bubble.
type pipeListener struct {
	conns chan net.Conn
	done  chan struct{}
	close func()
}

func newPipeListener() *pipeListener {
	l := &pipeListener{conns: make(chan net.Conn), done: make(chan struct{})}
	l.close = sync.OnceFunc(func() { close(l.done) })
	return l
}

func (l *pipeListener) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	near, far := net.Pipe()
	select {
	case l.conns <- far:
		return near, nil
	case <-l.done:
		return nil, net.ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (l *pipeListener) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		return c, nil
	case <-l.done:
		return nil, net.ErrClosed
	}
}

func (l *pipeListener) Close() error {
	l.close()
	return nil
}

func (l *pipeListener) Addr() net.Addr { return pipeAddr{} }

type pipeAddr struct{}

func (pipeAddr) Network() string { return "pipe" }
func (pipeAddr) String() string  { return "pipe" }

package natter

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"
	"go.uber.org/goleak"

	"natterjack/clients/internal/servertest"
	"natterjack/server/wire"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(tidy{m}, goleak.Cleanup(func(code int) {
		servertest.Clean()
		os.Exit(code)
	}))
}

// tidy leaves no connections to storage that has not ended with its test.
type tidy struct{ *testing.M }

// Run implements [goleak.TestingM].
func (m tidy) Run() int {
	defer http.DefaultClient.CloseIdleConnections()
	return m.M.Run()
}

// pipes is a listener whose connections are in memory, so that a real HTTP server runs in a
// synctest bubble.
type pipes struct {
	conns chan net.Conn
	once  sync.Once
	done  chan struct{}
}

func newPipes() *pipes { return &pipes{conns: make(chan net.Conn), done: make(chan struct{})} }

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.done:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error {
	p.once.Do(func() { close(p.done) })
	return nil
}

func (p *pipes) Addr() net.Addr { return &net.UnixAddr{Name: "pipe"} }

func (p *pipes) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	ours, theirs := net.Pipe()
	select {
	case p.conns <- theirs:
		return ours, nil
	case <-p.done:
		return nil, errors.New("connection refused")
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// rig is a server in memory, with the dialler that clients need to reach it.
type rig struct {
	client *http.Client
	ctx    context.Context // ends with the server
}

// serve runs a handler until the test ends.
func serve(t *testing.T, h func(r *rig) http.Handler) *rig {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	listener := newPipes()
	transport := &http.Transport{DialContext: listener.dial}
	r := &rig{client: &http.Client{Transport: transport}, ctx: ctx}
	server := &http.Server{Handler: h(r), ErrorLog: slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)}
	var wg sync.WaitGroup
	wg.Go(func() { _ = server.Serve(listener) })
	t.Cleanup(func() {
		cancel()
		transport.CloseIdleConnections()
		_ = server.Close()
		wg.Wait()
	})
	return r
}

// start makes a client of a rig and runs it until the test ends.
func (r *rig) start(t *testing.T, change func(*Options)) *Client {
	t.Helper()
	o := Options{URLs: []string{"http://one"}, Tokens: StaticToken("alice"), HTTPClient: r.client, InOrder: true}
	if testing.Verbose() {
		o.Logger = slog.New(slog.NewTextHandler(t.Output(), nil))
	}
	if change != nil {
		change(&o)
	}
	c, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	wg.Go(func() { _ = c.Run(context.Background()) })
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
		wg.Wait()
	})
	return c
}

// peer is the server's end of one WebSocket. A script drives it.
type peer struct {
	t     *testing.T
	ctx   context.Context
	conn  *websocket.Conn
	inbox []wire.Command
	hello wire.Connect
	url   string // the host dialled
}

// script serves each connection with the next of its functions. One connection more fails the
// test.
func script(t *testing.T, parts ...func(p *peer)) *rig {
	t.Helper()
	var mu sync.Mutex
	left := parts
	t.Cleanup(func() {
		mu.Lock()
		defer mu.Unlock()
		if len(left) > 0 && !t.Failed() {
			t.Errorf("%d connections did not come", len(left))
		}
	})
	return serve(t, func(r *rig) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
			conn, err := websocket.Accept(w, req, nil)
			if err != nil {
				t.Error(err)
				return
			}
			defer func() { _ = conn.CloseNow() }()
			p := &peer{t: t, ctx: r.ctx, conn: conn, url: req.Host}
			p.hello, _ = p.read().(wire.Connect)
			mu.Lock()
			if len(left) == 0 {
				mu.Unlock()
				if r.ctx.Err() == nil {
					t.Error("a connection too many")
				}
				_ = conn.Close(websocket.StatusCode(wire.CloseUnsupported), "so that the client gives up")
				return
			}
			part := left[0]
			left = left[1:]
			mu.Unlock()
			part(p)
		})
	})
}

// read returns the next command, or nil if the client has gone.
func (p *peer) read() wire.Command {
	p.t.Helper()
	for len(p.inbox) == 0 {
		_, message, err := p.conn.Read(p.ctx)
		if err != nil {
			return nil
		}
		wire.Split(message, func(line []byte) bool {
			c, err := wire.DecodeCommand(line)
			if err != nil {
				p.t.Errorf("from the client: %v", err)
			}
			p.inbox = append(p.inbox, c)
			return true
		})
	}
	c := p.inbox[0]
	p.inbox = p.inbox[1:]
	return c
}

func expect[T wire.Command](p *peer) T {
	p.t.Helper()
	c := p.read()
	v, ok := c.(T)
	if !ok {
		p.t.Errorf("the client sent %#v, not a %T", c, v)
	}
	return v
}

func (p *peer) write(frames ...wire.Frame) {
	p.t.Helper()
	var message []byte
	for _, f := range frames {
		var err error
		if message, err = wire.Append(message, f); err != nil {
			p.t.Error(err)
		}
		message = append(message, wire.Separator)
	}
	p.raw(string(message))
}

func (p *peer) raw(message string) {
	if err := p.conn.Write(p.ctx, websocket.MessageText, []byte(message)); err != nil && p.ctx.Err() == nil {
		p.t.Logf("writing to the client: %v", err)
	}
}

// welcome answers the connect frame with the position that it resumed from, or with the head of
// an empty log of two shards.
func (p *peer) welcome(change ...func(*wire.Welcome)) {
	w := wire.Welcome{
		Version: 1, Session: "s", User: "alice", Epoch: "e", Positions: []uint64{0, 0},
		Time: time.Now().UnixMilli(), Limits: wire.DefaultLimits(),
	}
	if p.hello.Resume != nil {
		w.Positions, w.Recovered = p.hello.Resume.Positions, true
	}
	for _, c := range change {
		c(&w)
	}
	p.write(w)
}

// drain pings and reads until the client has gone.
func (p *peer) drain() {
	var wg sync.WaitGroup
	gone := make(chan struct{})
	wg.Go(func() {
		ticker := time.NewTicker(25 * time.Second)
		defer ticker.Stop()
		for {
			select {
			case <-ticker.C:
				p.write(wire.Ping{})
			case <-gone:
				return
			}
		}
	})
	p.ignore()
	close(gone)
	wg.Wait()
}

// ignore reads until the client has gone, and answers nothing.
func (p *peer) ignore() {
	for p.read() != nil {
	}
}

func (p *peer) close(code wire.CloseCode) {
	_ = p.conn.Close(websocket.StatusCode(code), code.String())
}

func ackOf(s wire.Send, seq uint64) wire.Ack {
	return wire.Ack{
		Ref: s.Ref, ID: "id-" + s.ClientID, ClientID: s.ClientID, Channel: channelOf(s),
		Seq: seq, Pos: seq, Timestamp: 1000 + int64(seq),
	}
}

func channelOf(s wire.Send) string {
	if s.To != "" {
		return wire.DirectChannel("alice", s.To)
	}
	return s.Channel
}

// said returns the event of a message in shard 0.
func said(channel, sender, clientID string, seq, pos uint64) wire.Event {
	return wire.Event{Channel: channel, Pos: pos, Record: wire.Record{
		Kind: wire.KindMessage,
		ID:   "id-" + clientID, ClientID: clientID, Sender: sender, Seq: seq, Timestamp: 1000 + int64(seq),
		Content: &wire.Content{Text: clientID},
	}}
}

// next returns the next event or error that Events yields.
func next(t *testing.T, c *Client) (Event, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute) // by the clock of the bubble
	defer cancel()
	for ev, err := range c.Events(ctx) {
		return ev, err
	}
	t.Fatal("Events yielded nothing")
	return Event{}, nil
}

// nextEvent returns the next event and skips disconnections.
func nextEvent(t *testing.T, c *Client) Event {
	t.Helper()
	for {
		ev, err := next(t, c)
		if err == nil {
			return ev
		}
		if !isDisconnected(err) {
			t.Fatalf("instead of an event: %v", err)
		}
	}
}

// held returns how many items the inbox holds.
func held(c *Client) int {
	c.inbox.mu.Lock()
	defer c.inbox.mu.Unlock()
	return len(c.inbox.items)
}

package bridge

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coder/websocket"

	"natterjack/jetstream/operation"
	"natterjack/server/wire"
)

const fanout = 500

// BenchmarkFanout sends one message of 200 bytes to a group of 500 and waits until it has been
// written to all members. "bridge" is the whole way through the real log. "library" is only
// github.com/coder/websocket writing the frame to each connection in turn. The sockets take
// everything at once, so the benchmark measures everything except the system calls.
func BenchmarkFanout(b *testing.B) {
	b.Run("bridge", func(b *testing.B) {
		log := realLog(b)
		br := New(Config{
			Log: log, Receipts: log, Operations: log.Operations(), Auth: tokens{}, Logger: slog.New(slog.DiscardHandler),
			Limits: wire.DefaultLimits(),
		})
		members := make([]string, fanout)
		written := newCounter()
		for i := range members {
			members[i] = fmt.Sprint("u", i)
			written.expect(1) // a welcome
			attach(b, br, members[i], written)
		}
		written.await(b)
		written.expect(fanout) // the creation of the group
		made, err := log.Operations().Answer(b.Context(), operation.Caller{User: members[0]}, wire.CreateGroup{ClientID: "g", Name: "n", Members: members[1:]})
		if err != nil {
			b.Fatal(err)
		}
		info := made.(wire.Channel).Channel
		written.await(b)
		for i := 0; b.Loop(); i++ {
			written.expect(fanout)
			br.log.Submit(members[0], wire.Send{Channel: info.ID, ClientID: fmt.Sprint("c", i), Content: wire.Content{Text: benchText}},
				func(_ wire.Ack, err error) {
					if err != nil {
						b.Error(err)
					}
				})
			written.await(b)
		}
		perDelivery(b)
	})
	b.Run("library", func(b *testing.B) {
		written := newCounter()
		conns := make([]*websocket.Conn, fanout)
		for i := range conns {
			conns[i] = bare(b, written)
		}
		frame := benchFrame()
		for b.Loop() {
			for _, c := range conns {
				if err := c.Write(context.Background(), websocket.MessageText, frame); err != nil {
					b.Fatal(err)
				}
			}
		}
		perDelivery(b)
	})
}

// BenchmarkWrite writes one event to one connection that takes everything. It measures only the
// part of a delivery that the bridge does instead of the library.
func BenchmarkWrite(b *testing.B) {
	frame := benchFrame()
	b.Run("bridge", func(b *testing.B) {
		s := &socket{Conn: newSink("", newCounter())}
		shared := message(frame)
		var a attempt
		a.init(func() {})
		for b.Loop() {
			if err := s.send(shared, &a); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("library", func(b *testing.B) {
		c := bare(b, newCounter())
		for b.Loop() {
			if err := c.Write(context.Background(), websocket.MessageText, frame); err != nil {
				b.Fatal(err)
			}
		}
	})
}

var benchText = strings.Repeat("x", 200)

func benchFrame() []byte {
	return wire.AppendEvent(nil, 3, 123456, "gabcdefghijklmnopqrstuvwx",
		[]byte(`{"kind":"message","version":1,"id":"01JDXM3Z5G7Q2N8R4T6V0W","client_id":"c1","sender":"alice","seq":12,"timestamp":1764000000000,"content":{"text":"`+benchText+`"}}`))
}

func perDelivery(b *testing.B) {
	b.Helper()
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/fanout, "ns/delivery")
}

// counter counts writes and signals when the expected number has been reached.
type counter struct {
	n    atomic.Int64
	want atomic.Int64
	hit  chan struct{}
}

func newCounter() *counter { return &counter{hit: make(chan struct{}, 1)} }

func (c *counter) add() {
	if c.n.Add(1) == c.want.Load() {
		select {
		case c.hit <- struct{}{}:
		default:
		}
	}
}

// expect announces further writes. It must be called before they can arrive.
func (c *counter) expect(more int64) { c.want.Add(more) }

func (c *counter) await(b *testing.B) {
	b.Helper()
	timeout := time.After(patience)
	for c.n.Load() < c.want.Load() {
		select {
		case <-c.hit:
		case <-timeout:
			b.Fatalf("%d writes, want %d", c.n.Load(), c.want.Load())
		}
	}
}

// attach opens a session on a connection that takes everything.
func attach(b *testing.B, to *Bridge, user string, written *counter) {
	b.Helper()
	sink := newSink(string(masked(`{"type":"connect","v":1,"token":"`+user+`"}`)), written)
	b.Cleanup(func() { _ = sink.Close() })
	to.ServeHTTP(sink.upgrade(b))
}

// bare returns a connection of the library alone.
func bare(b *testing.B, written *counter) *websocket.Conn {
	b.Helper()
	sink := newSink("", written)
	w, r := sink.upgrade(b)
	c, err := websocket.Accept(w, r, nil)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = c.CloseNow() })
	return c
}

// sink is a connection that takes everything. Reads return only the bytes it was made with.
type sink struct {
	net.Conn // nil: methods that are not overridden are not used
	from     *strings.Reader
	written  *counter
	closed   chan struct{}
	close    func()
}

func newSink(read string, written *counter) *sink {
	s := &sink{from: strings.NewReader(read), written: written, closed: make(chan struct{})}
	s.close = sync.OnceFunc(func() { close(s.closed) })
	return s
}

func (s *sink) Read(p []byte) (int, error) {
	if s.from.Len() > 0 {
		return s.from.Read(p)
	}
	<-s.closed
	return 0, io.EOF
}

func (s *sink) Write(p []byte) (int, error) {
	s.written.add()
	return len(p), nil
}

func (s *sink) Close() error {
	s.close()
	return nil
}

func (s *sink) SetReadDeadline(time.Time) error  { return nil }
func (s *sink) SetWriteDeadline(time.Time) error { return nil }

// upgrade returns a request to open a WebSocket on the sink.
func (s *sink) upgrade(b *testing.B) (http.ResponseWriter, *http.Request) {
	b.Helper()
	r := httptest.NewRequestWithContext(b.Context(), http.MethodGet, wire.PathWebSocket, nil)
	for name, value := range map[string]string{
		"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==",
	} {
		r.Header.Set(name, value)
	}
	return &hijackable{ResponseRecorder: httptest.NewRecorder(), conn: s}, r
}

type hijackable struct {
	*httptest.ResponseRecorder
	conn net.Conn
}

func (h *hijackable) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	return h.conn, bufio.NewReadWriter(bufio.NewReader(h.conn), bufio.NewWriter(h.conn)), nil
}

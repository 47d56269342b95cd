package bare

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/coder/websocket"
	"golang.org/x/sync/errgroup"
)

// welcome tells a client that it hears all messages from this point on.
var welcome = []byte(`{"type":"welcome"}`)

// The paths of a relay. On the first two, the relay passes each message on unchanged to the
// members of the room that the query names, and sends an ack to its sender. They differ in
// whether the sender gets the message too. The third path exists only with an engine. It does
// the same once the message is stored. Idle sockets are only read: as the library's own
// examples do it, or as cheaply as the library allows.
const (
	PathRelay     = "/relay"
	PathFanOut    = "/fanout"
	PathGateway   = "/gateway"
	PathIdle      = "/idle"
	PathIdleTuned = "/idle-tuned"
)

// relayReady begins the line that a relay prints once it listens.
const relayReady = "relay: ready "

// queued is how many messages may wait for a socket. A full queue stalls the room, because a
// relay that dropped messages would look fast.
const queued = 256

// Relay is a simple, good WebSocket server. It has a reading and a writing goroutine for each
// socket. It passes messages on unchanged, so that a message is encoded once for all members
// who hear it.
type Relay struct {
	gateway *gateway // nil without an engine

	mu    sync.Mutex // protects rooms; a room's members change only under it
	rooms map[string]*room

	tuned sync.WaitGroup // the readers of tuned sockets; each ends with its client
}

type room struct {
	stream  int // where a gateway stores its messages
	subject string
	members atomic.Pointer[[]*member]
}

type member struct {
	conn  *websocket.Conn
	queue chan []byte
	gone  chan struct{} // closed when the queue is not read any more
}

// Serve runs a relay until ctx ends, on a port that the system chooses. It prints the address
// on out. If engine is the URL of an engine, the relay is also a gateway to it.
func Serve(ctx context.Context, out io.Writer, engine string) error {
	r := &Relay{rooms: make(map[string]*room)}
	group, ctx := errgroup.WithContext(ctx)
	if engine != "" {
		var err error
		if r.gateway, err = openGateway(engine); err != nil {
			return err
		}
		defer r.gateway.conn.Close()
		group.Go(func() error { return r.gateway.run(ctx) })
	}
	group.Go(func() error { return r.listen(ctx, out) })
	return group.Wait()
}

func (r *Relay) listen(ctx context.Context, out io.Writer) error {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	mux := http.NewServeMux()
	mux.HandleFunc(PathRelay, func(w http.ResponseWriter, req *http.Request) { r.serve(w, req, r.passOn(false)) })
	mux.HandleFunc(PathFanOut, func(w http.ResponseWriter, req *http.Request) { r.serve(w, req, r.passOn(true)) })
	if r.gateway != nil {
		mux.HandleFunc(PathGateway, func(w http.ResponseWriter, req *http.Request) { r.serve(w, req, r.gateway.keep) })
	}
	mux.HandleFunc(PathIdle, serveIdle)
	mux.HandleFunc(PathIdleTuned, r.serveIdleTuned)
	defer r.tuned.Wait()
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	stop := context.AfterFunc(ctx, func() { _ = server.Close() })
	defer stop()
	if _, err := fmt.Fprintf(out, "%s%s\n", relayReady, listener.Addr()); err != nil {
		return errors.Join(err, server.Close())
	}
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// RelayAddr finds the address in a relay's output line.
func RelayAddr(line string) (addr string, ok bool) { return strings.CutPrefix(line, relayReady) }

// passOn returns a function that passes messages on as they come.
func (r *Relay) passOn(echo bool) func(kept) {
	return func(k kept) { k.in.pass(k.from, k.data, echo) }
}

// serve reads a socket and hands each message to take.
func (r *Relay) serve(w http.ResponseWriter, req *http.Request, take func(kept)) {
	conn, err := websocket.Accept(w, req, nil)
	if err != nil {
		return // Accept has answered
	}
	defer func() { _ = conn.CloseNow() }()
	m := &member{conn: conn, queue: make(chan []byte, queued), gone: make(chan struct{})}
	room := r.join(req.URL.Query().Get("room"), m)
	var writer sync.WaitGroup
	writer.Go(func() { m.write(req.Context()) })
	defer writer.Wait()
	defer close(m.gone)
	defer r.leave(room, m)
	m.push(welcome)
	for {
		_, message, err := conn.Read(req.Context())
		if err != nil {
			return
		}
		take(kept{from: m, in: room, data: message})
	}
}

// pass passes a message on, and acknowledges it.
func (in *room) pass(from *member, message []byte, echo bool) {
	for _, to := range *in.members.Load() {
		if to != from || echo {
			to.push(message)
		}
	}
	from.push(ackOf(message))
}

func (m *member) push(message []byte) {
	select {
	case m.queue <- message:
	case <-m.gone:
	}
}

func (m *member) write(ctx context.Context) {
	for {
		select {
		case message := <-m.queue:
			if m.conn.Write(ctx, websocket.MessageText, message) != nil {
				_ = m.conn.CloseNow() // ends the reading goroutine, which ends this one
			}
		case <-m.gone:
			return
		}
	}
}

func (r *Relay) join(name string, m *member) *room {
	r.mu.Lock()
	defer r.mu.Unlock()
	in, found := r.rooms[name]
	if !found {
		in = &room{}
		in.stream, in.subject = streamOf(name)
		in.members.Store(&[]*member{})
		r.rooms[name] = in
	}
	members := append(slices.Clone(*in.members.Load()), m)
	in.members.Store(&members)
	return in
}

func (r *Relay) leave(in *room, m *member) {
	r.mu.Lock()
	defer r.mu.Unlock()
	members := slices.DeleteFunc(slices.Clone(*in.members.Load()), func(other *member) bool { return other == m })
	in.members.Store(&members)
}

// ackOf returns the ack of a send, by its client id.
func ackOf(message []byte) []byte {
	_, rest, _ := bytes.Cut(message, []byte(`"client_id":"`))
	id, _, _ := bytes.Cut(rest, []byte{'"'})
	return fmt.Appendf(nil, `{"type":"ack","client_id":"%s"}`, id)
}

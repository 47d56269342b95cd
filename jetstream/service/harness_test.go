package service

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/micro"

	"natterjack/embed"
	"natterjack/embed/embedtest"
	"natterjack/jetstream"
	"natterjack/jetstream/operation"
	"natterjack/server/wire"
)

// patience limits every wait. It allows for a loaded machine.
const patience = 30 * time.Second

func TestMain(m *testing.M) { embedtest.Main(m) }

// testLogger writes to the test's output and also to w.
func testLogger(tb testing.TB, w io.Writer) *slog.Logger {
	tb.Helper()
	return slog.New(slog.NewTextHandler(io.MultiWriter(tb.Output(), w), &slog.HandlerOptions{Level: slog.LevelWarn}))
}

// run runs a service until the test ends or stop is called. stop returns the result of Run.
// conn belongs to a requester.
func run(tb testing.TB, conn *nats.Conn, s *Service) (stop func() error) {
	tb.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	var err error
	running.Go(func() { err = s.Run(ctx) })
	stop = sync.OnceValue(func() error {
		cancel()
		running.Wait()
		return err
	})
	tb.Cleanup(func() {
		if err := stop(); err != nil {
			tb.Errorf("Run: %v", err)
		}
	})
	select {
	case <-s.Ready():
	case <-time.After(patience):
		tb.Fatal("the service is not ready")
	}
	if _, err := conn.Request("$SRV.PING."+Name+"."+s.id, nil, patience); err != nil {
		tb.Errorf("a service that is ready: %v", err)
	}
	return stop
}

func await(tb testing.TB, what string, done func() bool) {
	tb.Helper()
	for deadline := time.Now().Add(patience); !done(); {
		if time.Now().After(deadline) {
			tb.Fatalf("gave up waiting for %s", what)
		}
		time.Sleep(time.Millisecond)
	}
}

// answering is a log with the table of the operations that it answers.
type answering interface {
	Log
	Operations() *operation.Table
}

// over returns a service over a log of the test.
func over(tb testing.TB, node *embedtest.Node, log answering) *Service {
	tb.Helper()
	return New(Config{
		Conn: node.Conn, Log: log, Operations: log.Operations(), Limits: wire.DefaultLimits(), Node: node.Name(), Version: "1.2.3", Logger: testLogger(tb, io.Discard),
	})
}

// startLog runs the real log on a node until the test ends.
func startLog(tb testing.TB, node *embedtest.Node) *jetstream.Log {
	tb.Helper()
	ctx, cancel := context.WithTimeout(tb.Context(), patience)
	defer cancel()
	l, err := jetstream.New(ctx, jetstream.Config{
		Conn: node.Conn, Engine: node, ViewDir: tb.TempDir(), Limits: wire.DefaultLimits(), Logger: testLogger(tb, io.Discard),
	})
	if err != nil {
		tb.Fatal(err)
	}
	runCtx, stop := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { _ = l.Run(runCtx) })
	tb.Cleanup(func() {
		stop()
		running.Wait()
		if err := l.Close(); err != nil {
			tb.Errorf("close log: %v", err)
		}
	})
	select {
	case <-l.Ready():
	case <-time.After(patience):
		tb.Fatal("the log is not ready")
	}
	return l
}

// start starts a node without a log, and a connection of a back end.
func start(tb testing.TB) (*embedtest.Node, *nats.Conn) {
	tb.Helper()
	node := embedtest.Start(tb, embedtest.User("backend", "pw"))
	return node, connect(tb, node, "backend").Conn
}

// whole is a node with a log and a service.
type whole struct {
	node *embedtest.Node
	log  *jetstream.Log
	*Service
}

func startWhole(tb testing.TB) *whole {
	tb.Helper()
	node := embedtest.Start(tb, embedtest.NoSync, embedtest.User("backend", "pw"), permitted("alice", "api.alice.>"))
	log := startLog(tb, node)
	w := &whole{node: node, log: log, Service: over(tb, node, log)}
	run(tb, connect(tb, node, "backend").Conn, w.Service)
	return w
}

// permitted adds a user of the chat account who may publish only to some subjects.
func permitted(name string, publish ...string) embedtest.Option {
	return func(o *server.Options) {
		for _, a := range o.Accounts {
			if a.Name == embed.Account {
				o.Users = append(o.Users, &server.User{Username: name, Password: "pw", Account: a, Permissions: &server.Permissions{
					Publish:   &server.SubjectPermission{Allow: publish},
					Subscribe: &server.SubjectPermission{Allow: []string{"_INBOX.>"}},
				}})
			}
		}
	}
}

// client is a connection of one user.
type client struct {
	*nats.Conn
	denied chan error // refusals of the server
}

func (w *whole) connect(tb testing.TB, user string) *client {
	tb.Helper()
	return connect(tb, w.node, user)
}

func connect(tb testing.TB, node *embedtest.Node, user string) *client {
	tb.Helper()
	c := &client{denied: make(chan error, 16)}
	refused := func(_ *nats.Conn, _ *nats.Subscription, err error) { c.denied <- err }
	conn, err := nats.Connect("", nats.InProcessServer(node.NATS()), nats.UserInfo(user, "pw"), nats.ErrorHandler(refused))
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(conn.Close)
	c.Conn = conn
	return c
}

// exchange acts as a back end: it publishes a body and reads the frame that comes back.
func exchange(tb testing.TB, conn *nats.Conn, subject, body string, header nats.Header) (wire.Frame, *nats.Msg) {
	tb.Helper()
	ctx, cancel := context.WithTimeout(tb.Context(), patience)
	defer cancel()
	msg, err := conn.RequestMsgWithContext(ctx, &nats.Msg{Subject: subject, Data: []byte(body), Header: header})
	if err != nil {
		tb.Fatalf("%s %.100s: %v", subject, body, err)
	}
	frame, err := wire.DecodeFrame(msg.Data)
	if err != nil {
		tb.Fatalf("%s %.100s: answered %.200s: %v", subject, body, msg.Data, err)
	}
	if bytes.IndexByte(msg.Data, wire.Separator) >= 0 {
		tb.Errorf("%s: the answer is more than a frame: %.200s", subject, msg.Data)
	}
	return frame, msg
}

// ask is exchange for an expected type of answer.
func ask[T wire.Frame](tb testing.TB, conn *nats.Conn, subject, body string, header nats.Header) T {
	tb.Helper()
	frame, msg := exchange(tb, conn, subject, body, header)
	f, ok := frame.(T)
	if !ok {
		tb.Fatalf("%s %.100s: answered %.200s", subject, body, msg.Data)
	}
	return f
}

// wantError sends a request that must be refused. It checks that body and headers agree.
func wantError(tb testing.TB, conn *nats.Conn, subject, body string, code wire.Code) *wire.Error {
	tb.Helper()
	frame, msg := exchange(tb, conn, subject, body, nil)
	e, ok := frame.(*wire.Error)
	if !ok || !errors.Is(e, &wire.Error{Code: code}) {
		tb.Fatalf("%s %.100s: answered %.200s, want %s", subject, body, msg.Data, code)
	}
	if msg.Header.Get(micro.ErrorCodeHeader) != string(code) || msg.Header.Get(micro.ErrorHeader) != e.Message {
		tb.Errorf("%s: headers %v, body %s", subject, msg.Header, msg.Data)
	}
	return e
}

// fake is a log that behaves as the test tells it.
type fake struct {
	submit func(user string, cmd wire.Change, done func(wire.Ack, error))
	read   func(context.Context) error
	charge func(user string) error

	channel  wire.Channel
	settings []wire.Setting
}

func (f *fake) Submit(user string, cmd wire.Change, done func(wire.Ack, error)) {
	f.submit(user, cmd, done)
}

func (f *fake) Charge(user string) error {
	if f.charge != nil {
		return f.charge(user)
	}
	return nil
}

func (f *fake) AwaitSeen(context.Context, []wire.ShardPos) error { return nil }

// Operations returns reads that wait as the test tells them, and then find what the fake has.
func (f *fake) Operations() *operation.Table {
	t := operation.New(f)
	operation.Handle(t, func(ctx context.Context, _ operation.Caller, _ wire.CreateGroup) (wire.Channel, error) {
		return f.channel, f.read(ctx)
	})
	operation.Handle(t, func(ctx context.Context, _ operation.Caller, _ wire.History) (wire.RawPage, error) {
		return wire.RawPage{}, f.read(ctx)
	})
	operation.Handle(t, func(ctx context.Context, _ operation.Caller, _ wire.GetSettings) (wire.Settings, error) {
		return wire.Settings{Settings: f.settings}, f.read(ctx)
	})
	operation.Handle(t, func(ctx context.Context, _ operation.Caller, _ wire.ListChannels) (wire.Channels, error) {
		return wire.Channels{}, f.read(ctx)
	})
	return t
}

package ordered

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"natterjack/embed/embedtest"
)

func TestMain(m *testing.M) { embedtest.Main(m) }

const patience = 30 * time.Second

// list is a sink that keeps its messages, and that fails at some sequences, once each.
type list struct {
	fails map[uint64]bool
	want  int
	done  chan struct{} // closed when it has as many messages as wanted

	mu   sync.Mutex // protects following
	got  []string
	last uint64
}

func newList(want int, fails ...uint64) *list {
	s := &list{want: want, done: make(chan struct{}), fails: map[uint64]bool{}}
	for _, seq := range fails {
		s.fails[seq] = true
	}
	return s
}

func (s *list) Position() uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.last
}

func (s *list) Take(_ context.Context, msgs []Message) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, m := range msgs {
		if s.fails[m.Seq] {
			delete(s.fails, m.Seq)
			return errors.New("as the test wants it")
		}
		s.last = m.Seq
		if s.got = append(s.got, fmt.Sprintf("%d %s %s", m.Seq, m.Subject, m.Data)); len(s.got) == s.want {
			close(s.done)
		}
	}
	return nil
}

// stream makes a stream with n messages.
func stream(t *testing.T, node *embedtest.Node, replicas, n int) jetstream.JetStream {
	t.Helper()
	js, err := jetstream.New(node.Conn)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := js.CreateStream(t.Context(), jetstream.StreamConfig{Name: "S", Subjects: []string{"s.*"}, Replicas: replicas}); err != nil {
		t.Fatal(err)
	}
	publish(t, js, 1, n)
	return js
}

func publish(t *testing.T, js jetstream.JetStream, from, to int) {
	t.Helper()
	for n := from; n <= to; n++ {
		if _, err := js.Publish(t.Context(), fmt.Sprint("s.", n%3), fmt.Append(nil, n)); err != nil {
			t.Fatal(err)
		}
	}
}

func run(t *testing.T, r *Reader) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() { r.Run(ctx) })
	stop = sync.OnceFunc(func() { cancel(); running.Wait() })
	t.Cleanup(stop)
	return stop
}

func (s *list) await(t *testing.T) {
	t.Helper()
	select {
	case <-s.done:
	case <-time.After(patience):
		t.Fatalf("%d messages of %d have come", len(s.got), s.want)
	}
}

// TestReader_skipsNothing reads while the sink fails, while messages are deleted, and while an
// operator removes the consumers. Each message comes once, in order.
func TestReader_skipsNothing(t *testing.T) {
	node := embedtest.Start(t, embedtest.NoSync)
	js := stream(t, node, 1, 600)
	s, err := js.Stream(t.Context(), "S")
	if err != nil {
		t.Fatal(err)
	}
	for _, seq := range []uint64{3, 4, 299} {
		if err := s.DeleteMsg(t.Context(), seq); err != nil {
			t.Fatal(err)
		}
	}
	first := newList(597, 1, 5, 300, 600)
	var opened []string
	r := &Reader{
		JS: js, Stream: "S", Node: "n", Sink: first, Log: slog.New(slog.DiscardHandler),
		Opened: func(host string, pending uint64) { opened = append(opened, fmt.Sprint(host, " ", pending)) },
		Rest:   func(context.Context, error) {},
	}
	stop := run(t, r)
	first.await(t)
	stop()
	if want := "n 598,n 598,n 596,n 301,n 1"; len(opened) != 5 || strings.HasSuffix(opened[4], " 1") == false {
		t.Errorf("opened %v, want about %s", opened, want)
	}
	next := newList(700)
	next.got, next.last = first.got, first.last
	r = &Reader{JS: js, Stream: "S", Sink: next, Log: slog.New(slog.DiscardHandler)}
	run(t, r)
	publish(t, js, 601, 650)
	for name := range s.ConsumerNames(t.Context()).Name() {
		if err := js.DeleteConsumer(t.Context(), "S", name); err != nil {
			t.Error(err)
		}
	}
	publish(t, js, 651, 703)
	next.await(t)
	at := 0
	for n := 1; n <= 703; n++ {
		if n == 3 || n == 4 || n == 299 {
			continue
		}
		if want := fmt.Sprintf("%d s.%d %d", n, n%3, n); next.got[at] != want {
			t.Fatalf("got %q, want %q", next.got[at], want)
		}
		at++
	}
}

// TestReader_here asks for consumers on the reader's own server.
func TestReader_here(t *testing.T) {
	nodes := embedtest.Cluster(t, 3, embedtest.NoSync)
	js := stream(t, nodes[0], 3, 1)
	for _, n := range nodes {
		s := newList(1)
		at := make(chan string, 1)
		stop := run(t, &Reader{
			JS: js, Stream: "S", Node: n.Name(), Here: true, Sink: s, Log: slog.New(slog.DiscardHandler),
			Opened: func(host string, _ uint64) {
				select {
				case at <- host:
				default: // it began again, as it may on a busy machine
				}
			},
		})
		s.await(t)
		stop()
		if host := <-at; host != n.Name() {
			t.Errorf("%s reads the copy of %s", n.Name(), host)
		}
	}
}

// TestReader_idle shows that the sink is told again and again while nothing comes.
func TestReader_idle(t *testing.T) {
	node := embedtest.Start(t, embedtest.NoSync)
	idle := make(chan struct{})
	stop := run(t, &Reader{
		JS: stream(t, node, 1, 1), Stream: "S", Sink: newList(1), Log: slog.New(slog.DiscardHandler),
		Idle: func(ctx context.Context) {
			select {
			case idle <- struct{}{}:
			case <-ctx.Done():
			}
		},
	})
	<-idle
	<-idle
	stop()
}

// TestReader_notYetKnown answers each request of a reader like a server that does not know of the
// consumer yet. The reader must keep its consumer: all servers of a cluster have to agree on a new
// one.
func TestReader_notYetKnown(t *testing.T) {
	node := embedtest.Start(t, embedtest.NoSync)
	js := stream(t, node, 1, 1)
	if _, err := node.Conn.Subscribe("$JS.API.CONSUMER.MSG.NEXT.S.>", func(m *nats.Msg) {
		_ = node.Conn.PublishMsg(&nats.Msg{Subject: m.Reply, Header: nats.Header{"Status": {"503"}}}) // seen below
	}); err != nil {
		t.Fatal(err)
	}
	asked, err := node.Conn.SubscribeSync("$JS.API.CONSUMER.*.S.>") // whether it is there, or for another one
	if err != nil {
		t.Fatal(err)
	}
	s, opened := newList(3), 0
	stop := run(t, &Reader{
		JS: js, Stream: "S", Sink: s, Log: slog.New(slog.DiscardHandler),
		Opened: func(string, uint64) { opened++ },
	})
	for range 2 { // the first one makes the consumer
		if _, err := asked.NextMsg(patience); err != nil {
			t.Fatal(err)
		}
	}
	publish(t, js, 2, 3)
	s.await(t)
	stop()
	if opened != 1 {
		t.Errorf("%d consumers were made, want 1", opened)
	}
}

// TestAlive shows that a consumer that was only silent for a moment stays in use, and that a
// consumer that is gone is reported.
func TestAlive(t *testing.T) {
	node := embedtest.Start(t, embedtest.NoSync)
	r := &Reader{JS: stream(t, node, 1, 1), Stream: "S", Sink: newList(1), Log: slog.New(slog.DiscardHandler)}
	c, err := r.consumer(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := alive(t.Context(), c); err != nil {
		t.Errorf("a consumer that is there: %v", err)
	}
	r.deleteConsumer(t.Context(), c)
	if err := alive(t.Context(), c); err == nil {
		t.Error("a consumer that is gone passes for one that is there")
	}
}

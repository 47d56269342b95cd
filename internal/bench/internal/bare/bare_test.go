package bare

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"go.uber.org/goleak"

	"natterjack/internal/bench/internal/load"
	"natterjack/jetstream/channel"
	"natterjack/server/wire"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// relay runs a relay until the test ends.
func relay(t *testing.T) (addr string) {
	t.Helper()
	return serve(t, "")
}

func serve(t *testing.T, engine string) (addr string) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	r, w := io.Pipe()
	ended := make(chan error, 1)
	go func() { ended <- Serve(ctx, w, engine) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	line, err := bufio.NewReader(r).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	addr, ok := RelayAddr(strings.TrimSpace(line))
	if !ok {
		t.Fatalf("the relay said %q", line)
	}
	return addr
}

func members(addr, path string, n, room int) []load.Member {
	out := make([]load.Member, n)
	for i := range out {
		name := fmt.Sprintf("room%d", i/room)
		out[i] = load.Member{Addr: addr, Path: path + "?room=" + name, Channel: name}
	}
	return out
}

func TestRelay_PairsHearEachOther(t *testing.T) {
	fleet := load.NewFleet(t.Context(), "t", load.NewClock(), false)
	if err := fleet.Connect(members(relay(t), PathRelay, 6, 2)); err != nil {
		t.Fatal(err)
	}
	if err := fleet.Prime(6); err != nil {
		t.Fatal(err)
	}
	if err := fleet.Pace(6, 1000, 0, 60*time.Millisecond); err != nil {
		t.Fatal(err)
	}
	finish(t, fleet)
	if w := load.Collect(fleet, 0, time.Hour); w.Acked != 66 || w.Others != 66 || w.Heard != 66 {
		t.Errorf("%d acked, %d delivered to others of %d", w.Acked, w.Others, w.Heard)
	}
}

func TestRelay_FanOutReachesAllOfTheRoom(t *testing.T) {
	fleet := load.NewFleet(t.Context(), "t", load.NewClock(), true)
	if err := fleet.Connect(members(relay(t), PathFanOut, 20, 10)); err != nil {
		t.Fatal(err)
	}
	if err := fleet.Loop(1, 20*time.Millisecond); err != nil {
		t.Fatal(err)
	}
	finish(t, fleet)
	w := load.Collect(fleet, 0, time.Hour)
	if w.Acked == 0 || w.Heard != 10*w.Acked || w.Others != 9*w.Acked {
		t.Errorf("%d acked, %d delivered, %d of them to others", w.Acked, w.Heard, w.Others)
	}
}

// TestRelay_idleSockets shows that both kinds of idle socket welcome every client, and end with
// their client.
func TestRelay_idleSockets(t *testing.T) {
	addr := relay(t)
	for _, path := range []string{PathIdle, PathIdleTuned} {
		fleet := load.NewFleet(t.Context(), "t", load.NewClock(), false)
		if err := fleet.Connect(members(addr, path, 4, 2)); err != nil {
			t.Errorf("%s: %v", path, err)
		}
		if err := fleet.Close(); err != nil {
			t.Errorf("%s: %v", path, err)
		}
	}
}

func finish(t *testing.T, f *load.Fleet) {
	t.Helper()
	if err := f.Drain(); err != nil {
		t.Error(err)
	}
	if err := f.Close(); err != nil {
		t.Error(err)
	}
	if err := load.Verify(f); err != nil {
		t.Error(err)
	}
}

// engine starts the bare engine in this process.
func engine(t *testing.T) *Engine {
	t.Helper()
	s, err := server.NewServer(&server.Options{Host: "127.0.0.1", Port: -1, JetStream: true, StoreDir: t.TempDir(), NoSigs: true, NoLog: true})
	if err != nil {
		t.Fatal(err)
	}
	s.Start()
	t.Cleanup(func() { s.Shutdown(); s.WaitForShutdown() })
	if !s.ReadyForConnections(10 * time.Second) {
		t.Fatal("the NATS server is not ready")
	}
	conn, err := nats.Connect(s.ClientURL())
	if err != nil {
		t.Fatal(err)
	}
	js, err := jetstream.New(conn)
	if err != nil {
		t.Fatal(err)
	}
	e := &Engine{Conn: conn, JS: js, replicas: 1}
	t.Cleanup(func() { _ = e.Close() })
	if err := e.makeStreams(t.Context()); err != nil {
		t.Fatal(err)
	}
	return e
}

// held returns the number of messages in all streams.
func held(t *testing.T, e *Engine) (n uint64) {
	t.Helper()
	for i := range Streams {
		stream, err := e.JS.Stream(t.Context(), streamName(i))
		if err != nil {
			t.Fatal(err)
		}
		n += stream.CachedInfo().State.Msgs
	}
	return n
}

func TestPublish_StoresWhatItCounts(t *testing.T) {
	e, clock := engine(t), load.NewClock()
	w, err := e.Publish(t.Context(), clock, 20, 0, 50*time.Millisecond)
	if err != nil {
		t.Fatal(err)
	}
	if stored := held(t, e); len(w.Acks) == 0 || uint64(len(w.Acks)) != stored {
		t.Errorf("%d acks, %d messages are stored", len(w.Acks), stored)
	}
}

func TestPublishBatches_StoresWhatItCounts(t *testing.T) {
	for _, inFlight := range []int{1, 100, 1000} {
		e, clock := engine(t), load.NewClock()
		w, err := e.PublishBatches(t.Context(), clock, inFlight, 0, 50*time.Millisecond)
		if err != nil {
			t.Fatal(err)
		}
		if stored := held(t, e); len(w.Acks) == 0 || uint64(len(w.Acks)) != stored {
			t.Errorf("%d in flight: %d acks, %d messages are stored", inFlight, len(w.Acks), stored)
		}
	}
}

func TestBatch_RefusedOneIsAnError(t *testing.T) {
	e := engine(t)
	b := NewBatch(e.Conn, "b")
	if err := b.Add(subject(0), nil); err != nil {
		t.Fatal(err)
	}
	b.size++ // a gap, as if a message were lost
	if err := b.Commit(t.Context(), subject(0), nil); err == nil {
		t.Fatal("a batch with a gap was committed")
	}
	if n := held(t, e); n != 0 {
		t.Errorf("%d messages are stored", n)
	}
}

// TestGateway_storesBeforeItPassesOn shows that every message which is delivered or
// acknowledged is in the streams, whether published singly or in batches.
func TestGateway_storesBeforeItPassesOn(t *testing.T) {
	e := engine(t)
	fleet := load.NewFleet(t.Context(), "t", load.NewClock(), true)
	if err := fleet.Connect(members(serve(t, e.Conn.ConnectedUrl()), PathGateway, 200, 2)); err != nil {
		t.Fatal(err)
	}
	if err := fleet.Prime(200); err != nil {
		t.Fatal(err)
	}
	if err := fleet.Loop(200, 100*time.Millisecond); err != nil { // many wait at once, so batches are used
		t.Fatal(err)
	}
	finish(t, fleet)
	w := load.Collect(fleet, 0, time.Hour)
	if w.Acked <= 400 || w.Heard != 2*w.Acked || uint64(w.Acked) != held(t, e) {
		t.Errorf("%d acked, %d delivered, %d stored", w.Acked, w.Heard, held(t, e))
	}
}

func TestGateway_refusedPublishEndsIt(t *testing.T) {
	e := engine(t)
	if err := e.JS.DeleteStream(t.Context(), streamName(0)); err != nil {
		t.Fatal(err)
	}
	g, err := openGateway(e.Conn.ConnectedUrl())
	if err != nil {
		t.Fatal(err)
	}
	defer g.conn.Close()
	in := &room{subject: "bare.0.a"}
	in.members.Store(&[]*member{})
	g.keep(kept{from: &member{gone: make(chan struct{})}, in: in})
	if err := g.run(t.Context()); err == nil {
		t.Error("a publish without a stream was taken")
	}
}

func TestStoredIn(t *testing.T) {
	for _, tc := range []struct {
		ack   string
		batch int
		ok    bool
	}{
		{`{"stream":"A","seq":7}`, 0, true},
		{`{"error":{"code":400},"stream":"A","seq":0}`, 0, false},
		{``, 0, false},
		{`{"stream":"A","seq":7,"batch":"b","count":3}`, 3, true},
		{`{"stream":"A","seq":7,"batch":"b","count":2}`, 3, false},
	} {
		if err := storedIn([]byte(tc.ack), tc.batch); (err == nil) != tc.ok {
			t.Errorf("storedIn(%s, %d) = %v", tc.ack, tc.batch, err)
		}
	}
}

// fillInParts fills a store in two parts. The result must equal that of one part.
func fillInParts(ctx context.Context, s Store, conn *nats.Conn, stored *atomic.Int64) error {
	return errors.Join(s.Fill(ctx, conn, 0, 20, stored), s.Fill(ctx, conn, 21, s.Messages, stored))
}

func TestStore_FillsAndReads(t *testing.T) {
	e := engine(t)
	s := Store{Channels: 40, Messages: 30, Shards: 3}
	for shard := range s.Shards {
		name := fmt.Sprintf("CHAT_%d", shard)
		var subjects []string
		for slot := range wire.Slots {
			if slot*s.Shards/wire.Slots == shard {
				subjects = append(subjects, fmt.Sprintf("chat.%d.*", slot))
			}
		}
		if _, err := e.JS.CreateStream(t.Context(), jetstream.StreamConfig{
			Name: name, Subjects: subjects, AllowDirect: true, AllowAtomicPublish: true,
		}); err != nil {
			t.Fatal(err)
		}
	}
	var stored atomic.Int64
	if err := fillInParts(t.Context(), s, e.Conn, &stored); err != nil {
		t.Fatal(err)
	}
	if want := int64(40 * 31); stored.Load() != want || int64(s.Events()) != want {
		t.Errorf("%d stored, %d expected, want %d", stored.Load(), s.Events(), want)
	}
	for i := range s.Channels {
		if err := s.ReadLast(t.Context(), e.Conn, s.Channel(i), 30); err != nil {
			t.Error(err)
		}
	}
	if err := s.ReadLast(t.Context(), e.Conn, s.Channel(0), 31); err == nil {
		t.Error("31 messages were read of a channel of 30")
	}
	if _, err := s.ReadAll(t.Context(), e.JS); err != nil {
		t.Error(err)
	}
	checkLog(t, e, s)
}

// checkLog applies the server's own rules to the events of the first channel.
func checkLog(t *testing.T, e *Engine, s Store) {
	t.Helper()
	id := s.Channel(0)
	stream, subject := s.messages(id)
	c, err := e.JS.OrderedConsumer(t.Context(), stream, jetstream.OrderedConsumerConfig{
		FilterSubjects: []string{subject},
	})
	if err != nil {
		t.Fatal(err)
	}
	var st *channel.State
	for i := range 31 {
		msg, err := c.Next()
		if err != nil {
			t.Fatal(err)
		}
		record, err := wire.DecodeRecord(msg.Data())
		if err != nil {
			t.Fatal(err)
		}
		var head channel.Head
		if st != nil {
			head = st.Head
		}
		if err := head.Follows(uint64(i+1), 0, &record); err != nil {
			t.Fatalf("event %d: %v", i, err)
		}
		st = channel.Apply(st, id, uint64(i+1), &record)
		if !st.Member(record.Sender) {
			t.Fatalf("event %d is of %s, who is no member", i, record.Sender)
		}
	}
	if st.Seq != 30 || st.Kind != wire.Direct || len(st.Members) != 2 {
		t.Errorf("the channel ends as %+v", st)
	}
}

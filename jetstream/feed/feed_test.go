package feed

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"natterjack/embed/embedtest"
	"natterjack/jetstream/internal/copies"
	"natterjack/server/wire"
)

func TestMain(m *testing.M) { embedtest.Main(m) }

const (
	shards   = 2
	patience = 30 * time.Second
)

var errTest = errors.New("as the test wants it")

// rig is a node's log of two shards, as feeds see it.
type rig struct {
	tb   testing.TB
	node *embedtest.Node
	js   jetstream.JetStream

	mu     sync.Mutex // protects following
	voided map[uint64]bool
	viewed map[int]uint64 // how far the view is; all the way if unset
	lost   bool           // the log has lost its end
}

func streamName(shard int) string { return fmt.Sprint("CHAT_", shard) }

func newRig(tb testing.TB) *rig {
	tb.Helper()
	node := embedtest.Start(tb, embedtest.NoSync)
	js, err := jetstream.New(node.Conn)
	if err != nil {
		tb.Fatal(err)
	}
	for n := range shards {
		cfg := jetstream.StreamConfig{Name: streamName(n), Subjects: []string{fmt.Sprintf("chat.%d.*", n)}}
		if _, err := js.CreateStream(tb.Context(), cfg); err != nil {
			tb.Fatal(err)
		}
	}
	return &rig{tb: tb, node: node, js: js, voided: map[uint64]bool{}, viewed: map[int]uint64{}}
}

// publish stores an event of a kind.
func (r *rig) publish(shard int, kind wire.Kind) {
	r.tb.Helper()
	body := fmt.Sprintf(`{"kind":%q,"version":1,"id":"x","sender":"alice","seq":1,"timestamp":1}`, kind)
	if _, err := r.js.Publish(r.tb.Context(), fmt.Sprintf("chat.%d.alice~bob", shard), []byte(body)); err != nil {
		r.tb.Fatal(err)
	}
}

// Accepted implements [View].
func (r *rig) Accepted(_ string, _ *wire.Record, pos uint64) (bool, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return !r.voided[pos], nil
}

// await is that of a view which a test may hold back.
func (r *rig) await(ctx context.Context, shard int, pos uint64) error {
	for {
		r.mu.Lock()
		upto, held := r.viewed[shard]
		r.mu.Unlock()
		if !held || upto >= pos {
			return nil
		}
		select {
		case <-time.After(time.Millisecond):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (r *rig) log() *Log {
	logger := slog.New(slog.NewTextHandler(r.tb.Output(), nil))
	return &Log{
		JS: r.js, Shards: shards, Node: r.node.Name(), View: r, Stream: streamName, Await: r.await, Logger: logger,
		Channel: func(subject string) string { return subject[strings.LastIndexByte(subject, '.')+1:] },
		Reaches: func(_ context.Context, _ string, pos uint64) (bool, error) {
			r.mu.Lock()
			defer r.mu.Unlock()
			return pos == 0 || !r.lost, nil
		},
		StoredAt: func(ctx context.Context, name string, pos uint64, at time.Time) (bool, error) {
			stream, err := r.js.Stream(ctx, name)
			if err != nil {
				return false, err
			}
			m, err := stream.GetMsg(ctx, pos)
			return err == nil && m.Time.Equal(at), err
		},
		Copy: func(stream string) *copies.Reader {
			return copies.NewReader(r.node.Conn, r.js, r.node, stream, r.node.Name(), new(copies.Tally), logger)
		},
	}
}

// store is a sink that keeps the positions of the events that it has got.
type store struct {
	mu    sync.Mutex // protects following
	got   [shards][]uint64
	upto  map[int]Upto
	calls int
	fails func(events []wire.Event) error
}

func newStore() *store { return &store{upto: map[int]Upto{}} }

// Position implements [Sink].
func (s *store) Position(shard int) (Upto, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.upto[shard], nil
}

// Apply implements [Sink].
func (s *store) Apply(_ context.Context, events []wire.Event, upto map[int]Upto) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls++
	if s.fails != nil {
		if err := s.fails(events); err != nil {
			return err
		}
	}
	for i := range events {
		s.got[events[i].Shard] = append(s.got[events[i].Shard], events[i].Pos)
	}
	maps.Copy(s.upto, upto)
	return nil
}

func (s *store) of(shard int) []uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.got[shard])
}

// run runs a feed until the test ends or stop is called.
func (r *rig) run(to Sink, kinds ...wire.Kind) (f *Feed, stop func()) {
	r.tb.Helper()
	return r.start(Config{Name: "test", Kinds: kinds, Sink: to})
}

func (r *rig) start(cfg Config) (f *Feed, stop func()) {
	r.tb.Helper()
	f = New(r.log(), cfg)
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() {
		if err := f.Run(ctx); err != nil {
			r.tb.Errorf("run: %v", err)
		}
	})
	stop = sync.OnceFunc(func() { cancel(); running.Wait() })
	r.tb.Cleanup(stop)
	return f, stop
}

func await(tb testing.TB, what string, done func() bool) {
	tb.Helper()
	for deadline := time.Now().Add(patience); !done(); {
		if time.Now().After(deadline) {
			tb.Fatalf("gave up waiting for %s", what)
		}
		<-time.After(2 * time.Millisecond)
	}
}

func wants(tb testing.TB, got []uint64, want ...uint64) {
	tb.Helper()
	if !slices.Equal(got, want) {
		tb.Errorf("got %v, want %v", got, want)
	}
}

// TestFeed brings each event that counts and is wanted once, in order, over restarts, and stores
// how far it has got, also past events that are not wanted.
func TestFeed(t *testing.T) {
	r := newRig(t)
	r.voided[2] = true
	for _, kind := range []wire.Kind{"message", "message", "setting", "edit"} {
		r.publish(0, kind)
	}
	r.publish(1, "setting")
	if _, err := r.js.Publish(t.Context(), "chat.0.alice~bob", []byte("rubbish")); err != nil {
		t.Fatal(err)
	}
	to := newStore()
	f, stop := r.run(to, "message", "edit")
	await(t, "the feed to be level", func() bool { _, _, level := f.Progress(); return level })
	stop()
	wants(t, to.of(0), 1, 4)
	if to.upto[0].Pos != 5 || to.upto[1].Pos != 1 {
		t.Errorf("the positions are %v at the stop, want 5 and 1", to.upto)
	}
	r.publish(0, "edit")
	r.publish(1, "setting")
	r.publish(1, "message")
	f, stop = r.run(to, "message", "edit")
	await(t, "the feed to be level", func() bool { _, _, level := f.Progress(); return level })
	wants(t, to.of(0), 1, 4, 6)
	wants(t, to.of(1), 3)
	if done, of, _ := f.Progress(); done != 9 || of != 9 {
		t.Errorf("the progress is %d of %d, want 9 of 9", done, of)
	}
	r.publish(0, "message")
	await(t, "a live event", func() bool { return len(to.of(0)) == 4 })
	stop()
}

// TestFeed_void has a sink take void events of one kind, but not those of another.
func TestFeed_void(t *testing.T) {
	r := newRig(t)
	r.voided[2], r.voided[3] = true, true
	for _, kind := range []wire.Kind{"message", "message", "edit", "edit"} {
		r.publish(0, kind)
	}
	to := newStore()
	f, stop := r.start(Config{Name: "test", Kinds: []wire.Kind{"message", "edit"}, Void: []wire.Kind{"message"}, Sink: to})
	await(t, "the feed to be level", func() bool { _, _, level := f.Progress(); return level })
	stop()
	wants(t, to.of(0), 1, 2, 4)
}

// TestFeed_rests calls Rest after few events each, and brings all of them.
func TestFeed_rests(t *testing.T) {
	const few = 3
	r := newRig(t)
	var all []uint64
	for n := range uint64(few * mostAtOnce) {
		r.publish(0, "message")
		all = append(all, n+1)
	}
	var rests atomic.Int32
	to := newStore()
	_, stop := r.start(Config{Name: "test", Sink: to, Rest: func(worked time.Duration) {
		if worked > 0 {
			rests.Add(1)
		}
	}})
	await(t, "all events", func() bool { return len(to.of(0)) == len(all) })
	stop()
	wants(t, to.of(0), all...)
	if n := rests.Load(); n < few {
		t.Errorf("rested %d times, want %d at least", n, few)
	}
}

// TestFeed_view brings no event that the view does not have.
func TestFeed_view(t *testing.T) {
	r := newRig(t)
	r.viewed[0] = 0
	r.publish(0, "message")
	r.publish(1, "message")
	to := newStore()
	f, _ := r.run(to)
	await(t, "the other shard", func() bool { return len(to.of(1)) == 1 })
	if _, _, level := f.Progress(); level || len(to.of(0)) > 0 {
		t.Errorf("it is ahead of the view: %v, level %t", to.of(0), level)
	}
	r.mu.Lock()
	r.viewed[0] = 1
	r.mu.Unlock()
	await(t, "the event", func() bool { return len(to.of(0)) == 1 })
}

// TestFeed_fails brings the events again until the sink takes them, in order and once.
func TestFeed_fails(t *testing.T) {
	r := newRig(t)
	to := newStore()
	failed := 0
	to.fails = func([]wire.Event) error {
		if failed++; failed <= 3 {
			return errTest
		}
		return nil
	}
	f, stop := r.run(to)
	for range 20 {
		r.publish(0, "message")
	}
	await(t, "all events", func() bool { return len(to.of(0)) == 20 })
	await(t, "the feed to be level", func() bool { _, _, level := f.Progress(); return level })
	stop()
	if got := to.of(0); !slices.IsSorted(got) || len(slices.Compact(got)) != 20 {
		t.Errorf("got %v", to.of(0))
	}
	if failed < 4 {
		t.Errorf("the sink was asked %d times", failed)
	}
}

// TestFeed_stopsThoughItFails ends although the sink takes nothing, and does not store the
// position.
func TestFeed_stopsThoughItFails(t *testing.T) {
	r := newRig(t)
	r.publish(0, "message")
	to := newStore()
	asked := make(chan struct{})
	once := sync.OnceFunc(func() { close(asked) })
	to.fails = func([]wire.Event) error { once(); return errTest }
	_, stop := r.run(to)
	<-asked
	stop()
	if at, err := to.Position(0); at.Pos != 0 || err != nil {
		t.Errorf("the position is %d, %v", at.Pos, err)
	}
}

// TestFeed_stopsWithMoreBehind stores nothing that came behind events which the sink has not taken:
// they come again at the next start.
func TestFeed_stopsWithMoreBehind(t *testing.T) {
	r := newRig(t)
	to := newStore()
	asked, fail := make(chan struct{}), make(chan struct{})
	once := sync.OnceFunc(func() { close(asked) })
	to.fails = func(events []wire.Event) error {
		if len(events) == 0 || events[0].Pos > 1 {
			return nil
		}
		once()
		<-fail
		return errTest
	}
	f, stop := r.run(to)
	r.publish(0, "message")
	<-asked
	r.publish(0, "message")
	await(t, "the second batch", func() bool { return f.shards[0].taken.Load() == 2 })
	stopped := make(chan struct{})
	go func() { defer close(stopped); stop() }()
	<-f.batch.closed
	close(fail)
	<-stopped
	if len(to.of(0)) > 0 || to.upto[0].Pos != 0 {
		t.Errorf("the sink has %v, up to %d", to.of(0), to.upto[0].Pos)
	}
	to.fails = nil
	f, _ = r.run(to)
	await(t, "the feed to be level", func() bool { _, _, level := f.Progress(); return level })
	wants(t, to.of(0), 1, 2)
}

// TestFeed_levelWhileOthersWrite is level soon although the sink never has the last event.
func TestFeed_levelWhileOthersWrite(t *testing.T) {
	r := newRig(t)
	r.publish(0, "message")
	to := newStore()
	to.fails = func([]wire.Event) error {
		r.publish(0, "message")
		return nil
	}
	f, stop := r.run(to)
	await(t, "the feed to be level", func() bool { done, of, level := f.Progress(); return level && done < of && len(to.of(0)) > 1 })
	stop()
}

// TestFeed_staysLevel is level when events come to a feed that is level, unless it falls behind.
func TestFeed_staysLevel(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := New(&Log{
			Shards: 1, Logger: slog.New(slog.DiscardHandler),
			Stream: func(int) string { return "" }, Copy: func(string) *copies.Reader { return nil },
		}, Config{})
		s := f.shards[0]
		isLevel := func(want bool, when string) {
			t.Helper()
			if done, of, level := f.Progress(); level != want {
				t.Errorf("%s: level is %t with %d of %d", when, level, done, of)
			}
		}
		isLevel(false, "before the end is known")
		s.applied.Store(5)
		s.ends(5)
		isLevel(true, "with all events")
		time.Sleep(markEvery / 2)
		s.ends(7)
		isLevel(true, "with an event from just now behind it")
		for range 3 {
			time.Sleep(markEvery)
			s.ends(s.end.Load() + 1)
			f.Progress()
		}
		isLevel(false, "with events of some seconds behind it")
	})
}

// TestFeed_gathers brings many events in few batches.
func TestFeed_gathers(t *testing.T) {
	r := newRig(t)
	const n = 2500
	for i := range n {
		r.publish(i%shards, "message")
	}
	to := newStore()
	f, stop := r.run(to)
	await(t, "the feed to be level", func() bool { _, _, level := f.Progress(); return level })
	stop()
	if got := len(to.of(0)) + len(to.of(1)); got != n || to.calls > n/10 {
		t.Errorf("%d events in %d batches", got, to.calls)
	}
}

// TestFeed_ahead refuses to feed a sink that has events which the log has lost.
func TestFeed_ahead(t *testing.T) {
	r := newRig(t)
	r.lost = true
	to := newStore()
	to.upto[1] = Upto{Pos: 7}
	if err := New(r.log(), Config{Name: "test", Sink: to}).Run(t.Context()); !errors.Is(err, ErrAhead) {
		t.Errorf("it runs: %v", err)
	}
}

// TestFeed_regrown refuses to feed a sink whose last event is not the one that the log has at its
// position.
func TestFeed_regrown(t *testing.T) {
	r := newRig(t)
	r.publish(0, "message")
	to := newStore()
	f, stop := r.run(to)
	await(t, "the feed to be level", func() bool { _, _, level := f.Progress(); return level && len(to.of(0)) == 1 })
	stop()
	if to.upto[0].Stored == 0 {
		t.Fatal("the sink does not know when its last event was stored")
	}
	stream, err := r.js.Stream(t.Context(), streamName(0))
	if err == nil {
		err = r.js.DeleteStream(t.Context(), streamName(0))
	}
	if err == nil {
		_, err = r.js.CreateStream(t.Context(), stream.CachedInfo().Config)
	}
	if err != nil {
		t.Fatal(err)
	}
	r.publish(0, "message")
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if err := New(r.log(), Config{Name: "test", Sink: to}).Run(ctx); !errors.Is(err, ErrAhead) {
		t.Errorf("it runs: %v", err)
	}
}

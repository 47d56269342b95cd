package duty

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
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

const patience = 30 * time.Second

var errTest = errors.New("as the test wants it")

// rig is a log of two shards without a view. It is a node's log, as duties see it.
type rig struct {
	tb   testing.TB
	node *embedtest.Node
	js   jetstream.JetStream

	mu     sync.Mutex // protects following
	voided map[uint64]bool
	leads  bool
	ends   uint64 // if not 0, where the log says that it ends
}

const shards = 2

func streamName(shard int) string { return fmt.Sprint("CHAT_", shard) }

func newRig(tb testing.TB, node *embedtest.Node) *rig {
	tb.Helper()
	js, err := jetstream.New(node.Conn)
	if err != nil {
		tb.Fatal(err)
	}
	r := &rig{tb: tb, node: node, js: js, voided: map[uint64]bool{}, leads: true}
	for n := range shards {
		cfg := jetstream.StreamConfig{Name: streamName(n), Subjects: []string{fmt.Sprintf("chat.%d.*", n)}}
		if _, err := js.CreateOrUpdateStream(tb.Context(), cfg); err != nil {
			tb.Fatal(err)
		}
	}
	return r
}

// publish stores an event of a kind and returns its pos.
func (r *rig) publish(shard int, kind wire.Kind) uint64 {
	r.tb.Helper()
	body := fmt.Sprintf(`{"kind":%q,"version":1,"id":"x","sender":"alice","seq":1,"timestamp":1}`, kind)
	ack, err := r.js.Publish(r.tb.Context(), fmt.Sprintf("chat.%d.alice~bob", shard), []byte(body))
	if err != nil {
		r.tb.Fatal(err)
	}
	return ack.Sequence
}

// Accepted implements [View].
func (r *rig) Accepted(_ string, _ *wire.Record, pos uint64) (bool, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return !r.voided[pos], nil
}

func (r *rig) log(epoch string) *Log {
	logger := slog.New(slog.NewTextHandler(r.tb.Output(), nil))
	return &Log{
		Conn: r.node.Conn, JS: r.js, Shards: shards, Epoch: epoch, Node: r.node.Name(), View: r, Stream: streamName,
		Channel: func(subject string) string { return subject[strings.LastIndexByte(subject, '.')+1:] },
		Leads: func(string) bool {
			r.mu.Lock()
			defer r.mu.Unlock()
			return r.leads
		},
		Await: func(context.Context, int, uint64) error { return nil },
		Reaches: func(_ context.Context, _ string, pos uint64) (bool, error) {
			r.mu.Lock()
			defer r.mu.Unlock()
			return r.ends == 0 || pos <= r.ends, nil
		},
		Copy: func(stream string) *copies.Reader {
			return copies.NewReader(r.node.Conn, r.js, r.node, stream, r.node.Name(), new(copies.Tally), logger)
		},
		Open: func(ctx context.Context, cfg jetstream.StreamConfig) error {
			_, err := r.js.CreateOrUpdateStream(ctx, cfg)
			return err
		},
		Keep:   func(context.Context, jetstream.StreamConfig) {},
		Copies: 1, Logger: logger,
	}
}

func (r *rig) lead(is bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.leads = is
}

// run runs a duty until the test ends or stop is called.
func (r *rig) run(cfg Config) (d *Duty, stop func()) {
	r.tb.Helper()
	return r.runIn("epoch", cfg)
}

func (r *rig) runIn(epoch string, cfg Config) (d *Duty, stop func()) {
	r.tb.Helper()
	cfg.Name = "test"
	d = New(r.log(epoch), cfg)
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() {
		if err := d.Run(ctx); err != nil {
			r.tb.Errorf("run: %v", err)
		}
	})
	stop = sync.OnceFunc(func() { cancel(); running.Wait() })
	r.tb.Cleanup(stop)
	return d, stop
}

// position returns the stored position in a shard, or 0.
func (r *rig) position(shard int) uint64 {
	r.tb.Helper()
	s, err := r.js.Stream(r.tb.Context(), StreamName)
	if err != nil {
		return 0
	}
	m, err := s.GetLastMsgForSubject(r.tb.Context(), Subject("test", shard))
	if err != nil {
		return 0
	}
	var is record
	if err := json.Unmarshal(m.Data, &is); err != nil {
		r.tb.Fatal(err)
	}
	return is.Pos
}

// diary is a [Doer] that notes the events of each shard.
type diary struct {
	mu    sync.Mutex // protects following
	did   [shards][]uint64
	fails func(events []wire.Event) error
}

func (d *diary) Do(_ context.Context, events []wire.Event) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.fails != nil {
		if err := d.fails(events); err != nil {
			return err
		}
	}
	for i := range events {
		d.did[events[i].Shard] = append(d.did[events[i].Shard], events[i].Pos)
	}
	return nil
}

func (d *diary) of(shard int) []uint64 {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.did[shard])
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

// awaitDone waits until the diary has exactly some events of a shard.
func (d *diary) awaitDone(tb testing.TB, shard int, want ...uint64) {
	tb.Helper()
	defer func() {
		if got := d.of(shard); !slices.Equal(got, want) {
			tb.Errorf("shard %d: done %v, want %v", shard, got, want)
		}
	}()
	await(tb, "the events", func() bool { return len(d.of(shard)) >= len(want) })
}

// TestDuty does each event that counts and that is wanted once, in order, over restarts.
func TestDuty(t *testing.T) {
	r := newRig(t, embedtest.Start(t, embedtest.NoSync))
	r.voided[2] = true
	for _, kind := range []wire.Kind{"delete", "delete", "message", "edit", "delete"} {
		r.publish(0, kind)
	}
	r.publish(1, "message")
	_, err := r.js.Publish(t.Context(), "chat.0.alice~bob", []byte("rubbish"))
	if err != nil {
		t.Fatal(err)
	}
	did := &diary{}
	cfg := Config{Begin: AtFirst, Kinds: []wire.Kind{"delete", "edit"}, Doer: did}
	d, stop := r.run(cfg)
	did.awaitDone(t, 0, 1, 4, 5)
	await(t, "the position", func() bool { return r.position(0) == 6 })
	await(t, "the other shard", func() bool {
		return slices.ContainsFunc(d.States(), func(s State) bool { return s.Shard == 1 && s.Pos == 1 })
	})
	stop()
	if got := r.position(1); got != 1 {
		t.Errorf("what the duty does not want is passed over up to %d at the stop, want 1", got)
	}
	r.publish(0, "delete")
	_, stop = r.run(cfg)
	did.awaitDone(t, 0, 1, 4, 5, 7)
	stop()
	if got := r.position(0); got != 7 {
		t.Errorf("the position is %d after the stop, want 7", got)
	}
}

// TestDuty_begin begins at the end or at the first event, and goes on at the first event that is
// left if that is behind the position.
func TestDuty_begin(t *testing.T) {
	r := newRig(t, embedtest.Start(t, embedtest.NoSync))
	for range 3 {
		r.publish(0, "message")
	}
	did := &diary{}
	_, stop := r.run(Config{Begin: AtNow, Doer: did})
	await(t, "the beginning to be stored", func() bool { return r.position(0) == 3 })
	stop()
	r.publish(0, "message")
	_, stop = r.run(Config{Begin: AtNow, Doer: did})
	did.awaitDone(t, 0, 4)
	stop()
	for range 3 {
		r.publish(0, "message")
	}
	s, err := r.js.Stream(t.Context(), streamName(0))
	if err == nil {
		err = s.Purge(t.Context(), jetstream.WithPurgeSequence(6))
	}
	if err != nil {
		t.Fatal(err)
	}
	_, stop = r.run(Config{Begin: AtNow, Doer: did})
	did.awaitDone(t, 0, 4, 6, 7)
	stop()
	anew := &diary{}
	_, stop = r.runIn("another epoch", Config{Begin: AtFirst, Doer: anew})
	anew.awaitDone(t, 0, 6, 7)
	stop()
	if got := r.position(0); got != 7 {
		t.Errorf("the position in another log is %d, want 7", got)
	}
}

// TestDuty_recent begins with the events that came while no node could write yet how far it is,
// and with those that came a little before the node started.
func TestDuty_recent(t *testing.T) {
	r := newRig(t, embedtest.Start(t, embedtest.NoSync))
	r.publish(0, "message")
	recent, now := New(r.log("epoch"), Config{Name: "recent", Recent: time.Hour}), New(r.log("epoch"), Config{Name: "now"})
	r.publish(0, "message")
	for d, want := range map[*Duty]uint64{recent: 0, now: 1} {
		if err := r.log("epoch").Open(t.Context(), StreamConfig(1)); err != nil {
			t.Fatal(err)
		}
		s := d.shards[0]
		if err := s.begin(t.Context()); err != nil || s.place.at != want {
			t.Errorf("%s begins behind %d, want %d: %v", d.cfg.Name, s.place.at, want, err)
		}
	}
}

// TestDuty_fails stands still in one shard, and says so, while the other goes on.
func TestDuty_fails(t *testing.T) {
	r := newRig(t, embedtest.Start(t, embedtest.NoSync))
	var broken bool
	did := &diary{fails: func(events []wire.Event) error {
		if broken && events[0].Shard == 0 {
			return errTest
		}
		return nil
	}}
	d, _ := r.run(Config{Begin: AtFirst, Doer: did})
	r.publish(0, "message")
	did.awaitDone(t, 0, 1)
	did.mu.Lock()
	broken = true
	did.mu.Unlock()
	r.publish(0, "message")
	for range 3 {
		r.publish(1, "message")
	}
	did.awaitDone(t, 1, 1, 2, 3)
	failed := func() bool {
		return slices.ContainsFunc(d.States(), func(s State) bool {
			return s.Shard == 0 && errors.Is(s.Failed, errTest) && s.Pos == 1 && s.Waiting >= 1 && !s.Since.IsZero()
		})
	}
	await(t, "the state to tell", failed)
	did.mu.Lock()
	broken = false
	did.mu.Unlock()
	did.awaitDone(t, 0, 1, 2)
	await(t, "the state to tell that it is over", func() bool { return !failed() })
}

// slow is a [Doer] that takes its time for each event, and counts those that it has done.
type slow struct {
	each time.Duration
	done atomic.Int64
}

func (s *slow) Do(ctx context.Context, events []wire.Event) error {
	select {
	case <-time.After(s.each * time.Duration(len(events))):
		s.done.Add(int64(len(events)))
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// TestDuty_slow has more events wait than can be done in the time that one call has.
func TestDuty_slow(t *testing.T) {
	embedtest.EmptyPools()
	defer embedtest.EmptyPools()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, embedtest.Start(t, embedtest.NoSync))
		const events = 100
		for range events {
			r.publish(0, "message")
		}
		s := &slow{each: Patience / 20}
		_, stop := r.run(Config{Begin: AtFirst, Doer: s})
		time.Sleep(2 * events * s.each)
		stop()
		if n := s.done.Load(); n != events || r.position(0) != events {
			t.Errorf("%d of %d events were done, the position is %d", n, events, r.position(0))
		}
	})
}

// TestDuty_leads does nothing while another node leads.
func TestDuty_leads(t *testing.T) {
	r := newRig(t, embedtest.Start(t, embedtest.NoSync))
	did := &diary{}
	d, _ := r.run(Config{Begin: AtFirst, Doer: did})
	r.publish(0, "message")
	did.awaitDone(t, 0, 1)
	r.lead(false)
	await(t, "the lead to be left", func() bool { return len(d.States()) == 0 })
	if got := r.position(0); got != 1 {
		t.Errorf("left the position at %d, want 1", got)
	}
	r.publish(0, "message")
	r.lead(true)
	did.awaitDone(t, 0, 1, 2)
}

// TestDuty_writes writes the position at most once a second.
func TestDuty_writes(t *testing.T) {
	embedtest.EmptyPools()
	defer embedtest.EmptyPools()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, embedtest.Start(t, embedtest.NoSync))
		did := &diary{}
		_, stop := r.run(Config{Begin: AtFirst, Kinds: []wire.Kind{"delete"}, Doer: did})
		written := func() uint64 {
			s, err := r.js.Stream(t.Context(), StreamName)
			if err != nil {
				t.Fatal(err)
			}
			return s.CachedInfo().State.LastSeq
		}
		time.Sleep(againFor)
		began := time.Now()
		for range 100 {
			r.publish(0, "delete")
			time.Sleep(50 * time.Millisecond)
		}
		time.Sleep(2 * time.Second)
		if n, most := written(), uint64(time.Since(began)/time.Second)+1; n < 4 || n > most || r.position(0) != 100 {
			t.Errorf("the position %d was written %d times, want at most %d", r.position(0), n, most)
		}
		before := written()
		for range 100 {
			r.publish(0, "message")
			time.Sleep(50 * time.Millisecond)
		}
		time.Sleep(skipEvery)
		if n := written() - before; n < 1 || n > 2 || r.position(0) != 200 {
			t.Errorf("the position %d was written %d times while nothing was wanted", r.position(0), n)
		}
		stop()
	})
}

// TestDuty_begins writes each position at once when a node has just begun to lead, so that nothing
// is done a third time if the node dies within a second.
func TestDuty_begins(t *testing.T) {
	embedtest.EmptyPools()
	defer embedtest.EmptyPools()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, embedtest.Start(t, embedtest.NoSync))
		did := &diary{}
		_, stop := r.run(Config{Begin: AtFirst, Kinds: []wire.Kind{"delete"}, Doer: did})
		for i := range uint64(5) {
			r.publish(0, "delete")
			time.Sleep(50 * time.Millisecond)
			if at := r.position(0); at != i+1 {
				t.Errorf("position %d after %d events", at, i+1)
			}
		}
		stop()
	})
}

// TestDuty_twoLeaders has two nodes do the same duty at once, one of them slowly. The stored
// position only rises, and all is done.
func TestDuty_twoLeaders(t *testing.T) {
	node := embedtest.Start(t, embedtest.NoSync)
	fast, slow := newRig(t, node), newRig(t, node)
	quick := &diary{}
	lame := &diary{fails: func(events []wire.Event) error {
		<-time.After(time.Duration(len(events)) * 20 * time.Millisecond)
		return nil
	}}
	_, stopFast := fast.run(Config{Begin: AtFirst, Doer: quick})
	_, stopSlow := slow.run(Config{Begin: AtFirst, Doer: lame})
	await(t, "the stream", func() bool { _, err := fast.js.Stream(t.Context(), StreamName); return err == nil })
	c, err := fast.js.OrderedConsumer(t.Context(), StreamName, jetstream.OrderedConsumerConfig{FilterSubjects: []string{Subject("test", 0)}})
	if err != nil {
		t.Fatal(err)
	}
	positions := make(chan uint64, 100)
	consuming, err := c.Consume(func(m jetstream.Msg) {
		var is record
		if err := json.Unmarshal(m.Data(), &is); err != nil {
			t.Error(err)
		}
		positions <- is.Pos
	})
	if err != nil {
		t.Fatal(err)
	}
	const events = 120
	for range events {
		fast.publish(0, "message")
		<-time.After(20 * time.Millisecond)
	}
	await(t, "the slow one", func() bool { return len(lame.of(0)) > 0 && slices.Max(lame.of(0)) == events })
	stopFast()
	stopSlow()
	consuming.Stop()
	<-consuming.Closed()
	close(positions)
	last := uint64(0)
	for pos := range positions {
		if pos < last {
			t.Errorf("the position went back from %d to %d", last, pos)
		}
		last = pos
	}
	if got := fast.position(0); got != events {
		t.Errorf("the position is %d, want %d", got, events)
	}
	seen := map[uint64]bool{}
	for _, pos := range append(quick.of(0), lame.of(0)...) {
		seen[pos] = true
	}
	if len(seen) != events {
		t.Errorf("%d of %d events were done", len(seen), events)
	}
}

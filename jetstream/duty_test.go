package jetstream

import (
	"context"
	"fmt"
	"sync"
	"testing"

	"natterjack/embed/embedtest"
	"natterjack/jetstream/duty"
	"natterjack/server/wire"
)

// ledger is a duty's Doer. It counts how often each event was done, over all nodes, and asks the
// view of its node for each.
type ledger struct {
	tb  testing.TB
	mu  sync.Mutex // protects following
	did map[string]int
}

func newLedger(tb testing.TB) *ledger {
	tb.Helper()
	return &ledger{tb: tb, did: map[string]int{}}
}

// on returns the doer of a node.
func (b *ledger) on(l *Log) duty.Doer { return doer{b, l} }

type doer struct {
	*ledger

	log *Log
}

func (d doer) Do(_ context.Context, events []wire.Event) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	for i := range events {
		e := &events[i]
		st, err := d.log.view.Channel(e.Channel)
		if err != nil {
			return err
		}
		if st == nil || st.Version < e.Version || d.log.view.Position(e.Shard) < e.Pos {
			d.tb.Errorf("the view is behind the event %d of %s", e.Version, e.Channel)
		}
		d.did[fmt.Sprint(e.Channel, " ", e.Version)]++
	}
	return nil
}

func (b *ledger) count() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.did)
}

// runDuty runs a duty on a node until the test ends or stop is called.
func runDuty(tb testing.TB, l *Log, cfg duty.Config) (stop func()) {
	tb.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() {
		if err := l.Duty(cfg).Run(ctx); err != nil {
			tb.Errorf("duty: %v", err)
		}
	})
	stop = sync.OnceFunc(func() { cancel(); running.Wait() })
	tb.Cleanup(stop)
	return stop
}

// TestDuty_counts does what counts. It leaves out a forged event, and what a deleted channel had
// before its last event.
func TestDuty_counts(t *testing.T) {
	l := alone(t)
	channel := toads(t, l)
	mustSend(t, l, "own", wire.DeleteChannel{Channel: channel})
	mustSend(t, l, "alice", text("bob", "1", "one"))
	publishRaw(t, l, Subject(aliceAndBob), `{"kind":"message","version":2,"id":"x","sender":"alice","seq":1,"timestamp":1,"content":{"text":"forged"}}`)
	mustSend(t, l, "alice", text("bob", "2", "two"))
	book := newLedger(t)
	runDuty(t, l, duty.Config{Name: "test", Begin: duty.AtFirst, Doer: book.on(l)})
	// Of the direct channel: its creation and two messages.
	eventually(t, "the events to be done", func() bool { return book.count() >= 4 })
	mustSend(t, l, "bob", text("alice", "3", "three"))
	eventually(t, "the next event to be done", func() bool { return book.count() >= 5 })
	for event, times := range book.did {
		if times != 1 {
			t.Errorf("%s was done %d times", event, times)
		}
	}
	if len(book.did) != 5 {
		t.Errorf("done: %v", book.did)
	}
}

// TestDuty_leaderDies stops the node of a shard's leader abruptly, twice, while events are sent.
// Each event is done at least once, and at most once more for each death.
func TestDuty_leaderDies(t *testing.T) {
	t.Parallel()
	nodes := embedtest.Cluster(t, 3, embedtest.NoSync)
	book := newLedger(t)
	logs, stops := make([]*Log, 3), make([]func(), 3)
	dirs := []string{t.TempDir(), t.TempDir(), t.TempDir()}
	begin := func(i int) {
		l, stopLog := start(t, nodes[i], dirs[i], 3)
		stopDuty := runDuty(t, l, duty.Config{Name: "test", Begin: duty.AtFirst, Kinds: []wire.Kind{wire.KindMessage}, Doer: book.on(l)})
		logs[i], stops[i] = l, func() { stopDuty(); stopLog() }
	}
	for i := range nodes {
		begin(i)
	}
	shard := logs[0].layout.shardOf(aliceAndBob)
	const deaths, each = 2, 40
	sent := 0
	for range deaths {
		at := leaderOf(t, nodes, shard)
		by := logs[(at+1)%3]
		for range each {
			sent++
			mustSend(t, by, "alice", text("bob", fmt.Sprint(sent), "hi"))
		}
		eventually(t, "some of it to be done", func() bool { return book.count() > sent-each/2 })
		nodes[at].Stop(t) // without a last write of the position
		stops[at]()
		for range each {
			sent++
			mustSend(t, by, "alice", text("bob", fmt.Sprint(sent), "hi"))
		}
		eventually(t, "all to be done", func() bool { return book.count() == sent })
		nodes[at].Launch(t)
		nodes[at].Await(t)
		begin(at)
	}
	for event, times := range book.did {
		if times > 1+deaths {
			t.Errorf("%s was done %d times", event, times)
		}
	}
}

// leaderOf returns the node that leads a shard.
func leaderOf(t *testing.T, nodes []*embedtest.Node, shard int) (at int) {
	t.Helper()
	eventually(t, "a leader", func() bool {
		for i := range nodes {
			if nodes[i].LeadsStream(StreamName(shard)) {
				at = i
				return true
			}
		}
		return false
	})
	return at
}

// TestDuty_handedOver moves the lead while events are sent. The new leader goes on, and both
// together do each event.
func TestDuty_handedOver(t *testing.T) {
	t.Parallel()
	nodes, logs, _ := cluster(t)
	book := newLedger(t)
	for _, l := range logs {
		runDuty(t, l, duty.Config{Name: "test", Begin: duty.AtFirst, Kinds: []wire.Kind{wire.KindMessage}, Doer: book.on(l)})
	}
	shard := logs[0].layout.shardOf(aliceAndBob)
	const moves, each = 3, 30
	for move := range moves {
		at := leaderOf(t, nodes, shard)
		if err := logs[at].moveLead(t.Context(), shard, nodes[(at+1)%3].Name()); err != nil {
			t.Log(err)
		}
		for n := range each {
			mustSend(t, logs[0], "alice", text("bob", fmt.Sprint(move, " ", n), "hi"))
		}
		eventually(t, "all to be done", func() bool { return book.count() == (move+1)*each })
	}
	for event, times := range book.did {
		if times > 1+moves {
			t.Errorf("%s was done %d times", event, times)
		}
	}
}

package jetstream

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"natterjack/embed"
	"natterjack/jetstream/internal/copies"
	"natterjack/jetstream/view"
	"natterjack/server/wire"
)

// TestMend flips a bit in one node's copy of a stream and makes the node read all of it again.
// Its answers are the same as those of the other nodes. If the store has its index, the engine
// skips one message. If not, it drops everything behind that message in the block.
func TestMend(t *testing.T) {
	t.Parallel()
	nodes, logs, stops := cluster(t)
	channel := fill(t, logs[0])
	shard := logs[0].layout.shardOf(channel)
	dir := t.TempDir()
	for _, index := range []bool{true, false} {
		t.Run(fmt.Sprint("index ", index), func(t *testing.T) {
			stops[2]()
			nodes[2].Stop(t)
			flip(t, nodes[2].StoreDir(), shard, index)
			nodes[2].Launch(t)
			nodes[2].Await(t)
			if err := os.RemoveAll(dir); err != nil {
				t.Fatal(err)
			}
			logs[2], stops[2] = start(t, nodes[2], dir, 3)
			if diff := cmp.Diff(pagesOf(t, logs[0], channel), pagesOf(t, logs[2], channel)); diff != "" {
				t.Errorf("pages of a good node and of the damaged one:\n%s", diff)
			}
			if logs[2].Mended() == 0 {
				t.Error("nobody has noticed")
			}
			t.Logf("%d messages were read from others", logs[2].Mended())
		})
	}
	if logs[0].Mended() != 0 {
		t.Error("a good copy was mended, too")
	}
}

// pagesOf returns the beginnings of all events of a channel, with the sums of the events.
func pagesOf(t *testing.T, l *Log, channel string) (events []string) {
	t.Helper()
	for before, more := uint64(0), true; more; {
		page, again, err := l.History(t.Context(), "u0", &wire.History{Channel: channel, Before: before, Limit: 100})
		if err != nil || len(page) == 0 {
			t.Fatalf("history before %d: %d events, %v", before, len(page), err)
		}
		for _, frame := range slices.Backward(page) {
			events = append(events, fmt.Sprintf("%.80s %x", frame, sha256.Sum256(frame)))
		}
		f, err := wire.DecodeFrame(page[0])
		if err != nil {
			t.Fatal(err)
		}
		before, more = f.(wire.Event).Seq, again
	}
	return events
}

// fill sends a conversation that takes more than a block of its stream, deletes some of it, and
// returns its channel.
func fill(t *testing.T, l *Log) (channel string) {
	t.Helper()
	long := strings.Repeat("blah ", 3000)
	for n := range 800 {
		ack := mustSend(t, l, fmt.Sprint("u", n%2), text(fmt.Sprint("u", 1-n%2), fmt.Sprint("c", n), fmt.Sprint(n, long)))
		channel = ack.Channel
		if n%50 == 7 {
			mustSend(t, l, fmt.Sprint("u", n%2), wire.Delete{Channel: channel, Seq: ack.Seq})
		}
	}
	return channel
}

// flip changes a bit in the middle of the first block of a stream.
func flip(t *testing.T, store string, shard int, index bool) {
	t.Helper()
	dir := filepath.Join(store, "jetstream", embed.Account, "streams", StreamName(shard), "msgs")
	blocks, err := filepath.Glob(filepath.Join(dir, "*.blk"))
	if err != nil || len(blocks) < 2 {
		t.Fatalf("blocks of the stream: %v, %v", blocks, err)
	}
	path := filepath.Join(dir, "1.blk")
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	at := bytes.Index(data[len(data)/2:], []byte("blah blah blah")) + len(data)/2
	data[at] ^= 1
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	if !index {
		if err := os.Remove(filepath.Join(dir, "index.db")); err != nil {
			t.Fatal(err)
		}
	}
}

// TestMend_record gives a follower a record that cannot be read. The other copies have it whole
// in one case, and not in the other.
func TestMend_record(t *testing.T) {
	t.Parallel()
	_, logs, _ := cluster(t)
	ack := mustSend(t, logs[0], "u0", text("u1", "c1", "hi"))
	whole := mustSend(t, logs[0], "u0", text("u1", "c2", "hello"))
	for _, l := range logs {
		if err := l.shards[ack.Shard].follower.Await(t.Context(), whole.Pos); err != nil {
			t.Fatal(err)
		}
	}
	v, err := view.Open(t.TempDir(), view.Options{Shards: logs[2].layout.shards})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = v.Close() }()
	l := logs[2]
	f := &follower{
		shard: ack.Shard, view: v, tail: &tail{}, readers: newReaders(), sight: new(sight), owners: &l.owners, log: l.log, erase: make(chan struct{}, 1),
		copy:     copies.NewReader(l.conn, l.js, l.engine, StreamName(ack.Shard), l.engine.Name(), &l.damage, l.log),
		partings: l.newPartings(ack.Shard, func() bool { return false }), sent: l.tellSent,
	}
	f.copy.Source = l.engine.Name()
	torn := view.Event{Pos: whole.Pos, Channel: ack.Channel, Record: []byte(`{"kind":"messa`), Unsure: true}
	if err := f.apply(t.Context(), []view.Event{torn}); err != nil {
		t.Fatal(err)
	}
	if l.Mended() != whole.Pos || v.Voided(ack.Shard) != 0 { // earlier messages were not delivered at all
		t.Errorf("%d mended, %d void", l.Mended(), v.Voided(ack.Shard))
	}
	forged := publishRaw(t, logs[0], Subject(ack.Channel), `forged`)
	next := mustSend(t, logs[0], "u0", text("u1", "c3", "hello"))
	voided := uint64(0)
	for _, l := range logs {
		if err := l.shards[ack.Shard].follower.Await(t.Context(), next.Pos); err != nil {
			t.Fatal(err)
		}
		voided += l.view.Voided(ack.Shard)
	}
	// A node that gets there after the record was erased does not see it.
	if voided == 0 || l.Mended() != whole.Pos || next.Pos <= forged.Sequence {
		t.Errorf("a forged record was void on %d nodes, and mended on %d", voided, l.Mended()-whole.Pos)
	}
}

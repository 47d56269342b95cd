package receipts

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"natterjack/embed/embedtest"
)

// TestClean: a stream in which the same cursors move again and again is kept small, and what
// counts stays. That is tested for cursors that move, for cursors that have not moved for long,
// and for a cursor of which two records each say half.
func TestClean(t *testing.T) {
	node := embedtest.Start(t, embedtest.NoSync)
	s, _ := start(t, node, 1)
	const channel = "alice~bob"
	sh := s.of(channel)
	put := func(writes ...write) {
		t.Helper()
		seq, err := sh.stream.put(t.Context(), writes)
		if err != nil {
			t.Fatal(err)
		}
		await(t, "the record", func() bool { return s.cfg.View.ReceiptsPosition(shardIndex(s, channel)) >= seq })
	}
	put(write{key: key{channel, "idle"}, Mark: Mark{5, 6}}, write{key: key{channel, "halves"}, Mark: Mark{1, 9}})
	put(write{key: key{channel, "halves"}, Mark: Mark{4, 4}}, write{key: key{channel, "gone"}, Mark: Mark{4, 4}})
	for n := range uint64(1000) {
		put(write{key: key{channel, "busy"}, Mark: Mark{n, n + 1}})
	}
	if err := s.Forget(t.Context(), shardIndex(s, channel), []Parting{{channel, "gone"}}); err != nil {
		t.Fatal(err)
	}
	want := map[key]Mark{{channel, "idle"}: {5, 6}, {channel, "halves"}: {4, 9}, {channel, "busy"}: {999, 1000}}
	await(t, "the last one", func() bool { return cmp.Equal(want, all(t, s, channel)) })
	if more, err := sh.cleaner.step(t.Context()); more || err != nil {
		t.Errorf("a small stream was cleaned, %v", err)
	}
	sh.cleaner.above = 10 << 10
	steps := 0
	for more := true; more; steps++ {
		var err error
		if more, err = sh.cleaner.step(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	stream, err := s.cfg.JS.Stream(t.Context(), StreamName(shardIndex(s, channel)))
	if err != nil {
		t.Fatal(err)
	}
	if state := stream.CachedInfo().State; state.Bytes > sh.cleaner.above {
		t.Errorf("%d bytes are left in %d records after %d steps", state.Bytes, state.Msgs, steps)
	}
	again, _ := start(t, node, 1)
	for what, s := range map[string]*Store{"the node that cleaned": s, "a new node": again} {
		if diff := cmp.Diff(want, all(t, s, channel)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", what, diff)
		}
	}
	if got, want := again.cfg.View.ReceiptsSize(shardIndex(s, channel)), s.cfg.View.ReceiptsSize(shardIndex(s, channel)); got != want || want <= 0 {
		t.Errorf("the cursors take %d bytes by the count of the new node, and %d by that of the other", got, want)
	}
}

// TestClean_asItGrows: the size of the stream follows that of its cursors, whichever of them
// move.
func TestClean_asItGrows(t *testing.T) {
	node := embedtest.Start(t, embedtest.NoSync)
	s, _ := start(t, node, 1)
	channel := "alice~bob"
	sh, n := s.of(channel), shardIndex(s, channel)
	sh.cleaner.above = 0
	const cursors = 3 * maxRecord
	writes := make([]write, cursors)
	for i := range writes {
		writes[i] = write{key: key{channel, fmt.Sprint("user-", i)}, Mark: Mark{1, 1}}
	}
	for round := range uint64(40) {
		for from := 0; from < cursors; from += maxRecord {
			some := writes[from : from+maxRecord]
			for i := range some {
				if i%3 == int(round)%2 { // the cursors of every third index never move again
					some[i].Read += 5
					some[i].Delivered = some[i].Read
				}
			}
			seq, err := sh.stream.put(t.Context(), some)
			if err == nil {
				err = sh.cleaner.await(t.Context(), seq)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		for more := true; more; {
			var err error
			if more, err = sh.cleaner.step(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
	}
	stream, err := s.cfg.JS.Stream(t.Context(), StreamName(n))
	if err != nil {
		t.Fatal(err)
	}
	size, state := s.cfg.View.ReceiptsSize(n), stream.CachedInfo().State
	if int64(state.Bytes) > 2*size {
		t.Errorf("the stream takes %d bytes for cursors of %d", state.Bytes, size)
	}
	if got := all(t, s, channel); len(got) != cursors {
		t.Errorf("%d cursors are left of %d", len(got), cursors)
	}
}

package receipts

import (
	"fmt"
	"runtime"
	"testing"

	"natterjack/embed/embedtest"
)

// TestRestart: a node with 200,000 cursors starts without reading one of them again, and holds
// none of them in memory.
func TestRestart(t *testing.T) {
	if testing.Short() {
		t.Skip("takes some seconds")
	}
	const cursors, members = 200_000, 100
	node, dir := embedtest.Start(t, embedtest.NoSync), t.TempDir()
	s, stop := rig{node: node, dir: dir}.start(t)
	last := make([]uint64, shards)
	for from := 0; from < cursors; from += members {
		writes := make([]write, members)
		channel := group(from / members)
		for i := range writes {
			writes[i] = write{key: key{channel, fmt.Sprint("user-", i)}, Mark: Mark{uint64(from), uint64(from + i)}}
		}
		n := shardIndex(s, channel)
		seq, err := s.shards[n].stream.put(t.Context(), writes)
		if err != nil {
			t.Fatal(err)
		}
		last[n] = seq
	}
	for n := range shards {
		await(t, "all cursors", func() bool { return s.cfg.View.ReceiptsPosition(n) == last[n] })
	}
	if n := len(s.shards[0].memory.young) + len(s.shards[0].memory.old); n > 0 {
		t.Errorf("%d cursors are in memory that nobody has asked for", n)
	}
	stop()
	before := heap()
	s, _ = rig{node: node, dir: dir}.start(t)
	t.Logf("%.1f bytes of heap a cursor", float64(int64(heap())-int64(before))/cursors)
	channel := group(17)
	move(t, s, channel, "user-5", Mark{Read: 1 << 40})
	await(t, "what comes now", func() bool { return stored(t, s, channel, "user-5").Read == 1<<40 })
	if got, want := own(t, s, group(16), "user-7"), (Mark{1600, 1607}); got != want {
		t.Errorf("a cursor is %v after the start, want %v", got, want)
	}
	read := uint64(0)
	for n := range shards {
		read += s.shards[n].follower.read.Load()
	}
	if read != 1 {
		t.Errorf("%d records were read after the start, want the new one", read)
	}
}

func shardIndex(s *Store, channel string) int {
	for n, sh := range s.shards {
		if sh == s.of(channel) {
			return n
		}
	}
	return -1
}

func heap() uint64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

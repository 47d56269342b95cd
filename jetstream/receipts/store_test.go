package receipts

import (
	"fmt"
	"slices"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/nats-io/nats.go/jetstream"

	"natterjack/embed/embedtest"
)

func TestMove_isSeenAtOnceAndStored(t *testing.T) {
	node := embedtest.Start(t, embedtest.NoSync)
	s, stop := start(t, node, 1)
	move(t, s, "alice~bob", "alice", Mark{Read: 3})
	if got, want := own(t, s, "alice~bob", "alice"), (Mark{3, 3}); got != want {
		t.Errorf("own %v, want %v", got, want)
	}
	move(t, s, "alice~bob", "alice", Mark{Read: 2, Delivered: 7})
	move(t, s, "alice~bob", "alice", Mark{Delivered: 1})
	want := Mark{Read: 3, Delivered: 7}
	if got := own(t, s, "alice~bob", "alice"); got != want || s.Ahead("alice~bob", "alice") != want {
		t.Errorf("own %v, want %v", got, want)
	}
	await(t, "the cursor to be stored", func() bool { return stored(t, s, "alice~bob", "alice") == want })
	move(t, s, "alice~bob", "bob", Mark{Read: 5})
	stop() // writes what was accepted
	again, _ := start(t, node, 1)
	if diff := cmp.Diff(map[key]Mark{{"alice~bob", "alice"}: want, {"alice~bob", "bob"}: {5, 5}}, all(t, again, "alice~bob")); diff != "" {
		t.Errorf("after a restart (-want +got):\n%s", diff)
	}
}

// TestMove_manyAtOnce needs several records.
func TestMove_manyAtOnce(t *testing.T) {
	node := embedtest.Start(t, embedtest.NoSync)
	s, _ := start(t, node, 1)
	const users = 2*maxRecord + 20
	other, _ := start(t, node, 1)
	for seq := range uint64(3) {
		for i := range users {
			move(t, s, group(0), fmt.Sprint("u", i), Mark{Read: seq + 1})
		}
	}
	move(t, other, group(0), "u7", Mark{Delivered: 9})
	want := map[key]Mark{}
	for i := range users {
		want[key{group(0), fmt.Sprint("u", i)}] = Mark{3, 3}
	}
	want[key{group(0), "u7"}] = Mark{3, 9}
	for _, s := range []*Store{s, other} {
		await(t, "all cursors to be stored", func() bool { return cmp.Equal(want, all(t, s, group(0))) })
		await(t, "memory to let go of them", func() bool { return !s.of(group(0)).memory.waiting() })
	}
}

// TestMove_nodesRace moves one cursor on all nodes at once. It never goes back on any of them,
// and ends at the highest value on all of them, and in the stream.
func TestMove_nodesRace(t *testing.T) {
	nodes := embedtest.Cluster(t, 3, embedtest.NoSync)
	var stores []*Store
	var watchers []*watcher
	for _, n := range nodes {
		s, _ := start(t, n, 3)
		w := watch(t, s)
		stores, watchers = append(stores, s), append(watchers, w)
	}
	const last = 400
	channels := []string{"alice~bob", "alice~carol", "alice~dave"}
	var moving sync.WaitGroup
	for i, s := range stores {
		for _, channel := range channels {
			moving.Go(func() {
				for n := range last + i {
					_ = s.Move(channel, "alice", Mark{Read: uint64(max(0, n+1-i)), Delivered: uint64(n + 1)})
					_ = s.Move(channel, "bob", Mark{Delivered: uint64(n)})
				}
			})
		}
	}
	moving.Wait()
	for _, channel := range channels {
		want := map[key]Mark{{channel, "alice"}: {last, last + 2}, {channel, "bob"}: {0, last + 1}}
		for i, s := range stores {
			await(t, "the cursors to agree", func() bool { return cmp.Equal(want, all(t, s, channel)) })
			if got := own(t, s, channel, "alice"); got != want[key{channel, "alice"}] {
				t.Errorf("node %d: own %v", i, got)
			}
		}
	}
	for i, w := range watchers {
		w.report(t, i)
	}
}

// watcher checks whether a cursor goes back.
type watcher struct {
	tb    testing.TB
	store *Store
	mu    sync.Mutex
	last  map[key]Mark
	back  []string
	own   int
	moved int
}

func watch(tb testing.TB, s *Store) *watcher {
	tb.Helper()
	w := &watcher{tb: tb, store: s, last: map[key]Mark{}}
	s.Listen(w)
	return w
}

func (w *watcher) Sent(string, string) {}

func (w *watcher) OwnMoved(string, string, Mark) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.own++
}

func (w *watcher) Moved(channel, user string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.moved++
	k := key{channel, user}
	now := stored(w.tb, w.store, channel, user)
	if !now.covers(w.last[k]) {
		w.back = append(w.back, fmt.Sprintf("%v went from %v to %v", k, w.last[k], now))
	}
	w.last[k] = now
}

func (w *watcher) report(tb testing.TB, node int) {
	tb.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, back := range w.back {
		tb.Errorf("node %d: %s", node, back)
	}
}

func (w *watcher) counts() (own, moved int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.own, w.moved
}

// TestListen: a user's own sessions hear of a read once, both where the user made it and where
// it came from another node. Other users' sessions hear of it when it is stored.
func TestListen(t *testing.T) {
	node := embedtest.Start(t, embedtest.NoSync)
	here, _ := start(t, node, 1)
	there, _ := start(t, node, 1)
	at, elsewhere := watch(t, here), watch(t, there)
	move(t, here, "alice~bob", "alice", Mark{Read: 4})
	if own, moved := at.counts(); own != 1 || moved > 1 {
		t.Errorf("told of %d own moves and %d, want 1 of its own at once", own, moved)
	}
	move(t, here, "alice~bob", "alice", Mark{Read: 4, Delivered: 2})
	await(t, "the other node", func() bool { return stored(t, there, "alice~bob", "alice") == Mark{4, 4} })
	move(t, there, "alice~bob", "bob", Mark{Delivered: 4})
	await(t, "this node", func() bool { return stored(t, here, "alice~bob", "bob") == Mark{Delivered: 4} })
	await(t, "both to be told", func() bool {
		own, moved := at.counts()
		own2, moved2 := elsewhere.counts()
		return own == 1 && own2 == 1 && moved == 2 && moved2 == 2
	})
}

// TestMove_afterThePurge: an operator empties the stream or makes it again. Accepted moves are
// stored regardless.
func TestMove_afterThePurge(t *testing.T) {
	for name, spoil := range map[string]func(jetstream.JetStream, string) error{
		"purged": func(js jetstream.JetStream, name string) error {
			s, err := js.Stream(t.Context(), name)
			if err != nil {
				return err
			}
			return s.Purge(t.Context())
		},
		"made anew": func(js jetstream.JetStream, name string) error {
			if err := js.DeleteStream(t.Context(), name); err != nil {
				return err
			}
			// The engine answers before it has moved the old directory away, and refuses the
			// new stream until then.
			await(t, "the stream to be made anew", func() bool {
				_, err := js.CreateStream(t.Context(), StreamConfig(int(name[len(name)-1]-'0'), 1))
				return err == nil
			})
			return nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			node, dir := embedtest.Start(t, embedtest.NoSync), t.TempDir()
			s, stop := rig{node: node, dir: dir}.start(t)
			for seq := range uint64(5) {
				move(t, s, "alice~bob", "alice", Mark{Read: seq + 1})
				await(t, "the cursor to be stored", func() bool { return stored(t, s, "alice~bob", "alice").Read == seq+1 })
			}
			stop()
			for n := range shards {
				if err := spoil(s.cfg.JS, StreamName(n)); err != nil {
					t.Fatal(err)
				}
			}
			s, stop = rig{node: node, dir: dir}.start(t)
			move(t, s, "alice~bob", "alice", Mark{Read: 8})
			await(t, "the cursor to be stored again", func() bool { return stored(t, s, "alice~bob", "alice").Read == 8 })
			stop()
			again, _ := start(t, node, 1)
			if got, want := stored(t, again, "alice~bob", "alice"), (Mark{8, 8}); got != want {
				t.Errorf("in a new view %v, want %v", got, want)
			}
		})
	}
}

// TestFollow_passesOverWhatItCannotRead: whatever was put into the stream, cursors still move.
func TestFollow_passesOverWhatItCannotRead(t *testing.T) {
	node := embedtest.Start(t, embedtest.NoSync)
	s, _ := start(t, node, 1)
	for _, body := range []string{
		"not JSON", "[]", "{}", "null",
		`{"epoch":"this log","channels":[{"channel":"no channel","cursors":[{"user":"alice","read":9}]}]}`,
		`{"epoch":"this log","channels":[{"channel":"alice~bob","cursors":[{"user":"no user","read":9}]}]}`,
		`{"epoch":"this log","channels":[{"channel":"alice~bob","cursors":[{"user":"bob","read":9,"new":{}}],"new":1}],"new":[]}`,
	} {
		for n := range shards { // one of them is not the channel's shard
			if _, err := node.Conn.Request(Subject(n), []byte(body), patience); err != nil {
				t.Fatal(err)
			}
		}
	}
	move(t, s, "alice~bob", "alice", Mark{Read: 3})
	want := map[key]Mark{{"alice~bob", "alice"}: {3, 3}, {"alice~bob", "bob"}: {9, 9}}
	await(t, "the cursor to be stored", func() bool { return cmp.Equal(want, all(t, s, "alice~bob")) })
}

// TestEpoch: receipts of another log count for nothing in this one.
func TestEpoch(t *testing.T) {
	node, dir := embedtest.Start(t, embedtest.NoSync), t.TempDir()
	s, stop := rig{node: node, dir: dir, epoch: "the log that was"}.start(t)
	move(t, s, "alice~bob", "bob", Mark{Read: 50})
	await(t, "the cursor to be stored", func() bool { return stored(t, s, "alice~bob", "bob").Read == 50 })
	stop()
	s, _ = rig{node: node, dir: dir}.start(t)
	if got := own(t, s, "alice~bob", "bob"); got != (Mark{}) {
		t.Errorf("bob is at %v in a log that he has read nothing of", got)
	}
	move(t, s, "alice~bob", "bob", Mark{Read: 2})
	await(t, "the cursor to be stored", func() bool { return stored(t, s, "alice~bob", "bob") == Mark{2, 2} })
}

// TestForget: a cursor is deleted on all nodes and in the stream. Its user starts from zero,
// and the cursors of other users stay.
func TestForget(t *testing.T) {
	nodes := embedtest.Cluster(t, 2, embedtest.NoSync)
	s, _ := start(t, nodes[0], 1)
	other, _ := start(t, nodes[1], 1)
	for _, user := range []string{"alice", "bob", "carol"} {
		move(t, s, group(1), user, Mark{Read: 7})
	}
	await(t, "all cursors to be stored", func() bool { return len(all(t, s, group(1))) == 3 && len(all(t, other, group(1))) == 3 })
	shard := slices.Index(s.shards, s.of(group(1)))
	for range 2 {
		if err := s.Forget(t.Context(), shard, []Parting{{group(1), "bob"}, {group(1), "eve"}}); err != nil {
			t.Fatal(err)
		}
	}
	for _, s := range []*Store{s, other} {
		await(t, "bob to be forgotten", func() bool { return len(all(t, s, group(1))) == 2 && own(t, s, group(1), "bob") == Mark{} })
	}
	move(t, other, group(1), "bob", Mark{Delivered: 9})
	want := map[key]Mark{{group(1), "alice"}: {7, 7}, {group(1), "bob"}: {0, 9}, {group(1), "carol"}: {7, 7}}
	await(t, "the cursor to be stored", func() bool { return cmp.Equal(want, all(t, s, group(1))) })
	again, _ := start(t, nodes[0], 1)
	if diff := cmp.Diff(want, all(t, again, group(1))); diff != "" {
		t.Errorf("in a new view (-want +got):\n%s", diff)
	}
}

// TestForget_notWhatHasMoved: a cursor that has moved since its record was read is not
// forgotten.
func TestForget_notWhatHasMoved(t *testing.T) {
	node := embedtest.Start(t, embedtest.NoSync)
	s, _ := start(t, node, 1)
	move(t, s, group(1), "bob", Mark{Read: 1})
	await(t, "the cursor to be stored", func() bool { return stored(t, s, group(1), "bob").Read == 1 })
	r, err := s.cfg.View.Receipt(group(1), "bob")
	if err != nil {
		t.Fatal(err)
	}
	move(t, s, group(1), "bob", Mark{Read: 2})
	await(t, "the cursor to be stored", func() bool { return stored(t, s, group(1), "bob").Read == 2 })
	if _, err := s.of(group(1)).stream.put(t.Context(), []write{{key: key{group(1), "bob"}, after: r.At}}); err != nil {
		t.Fatal(err)
	}
	move(t, s, group(1), "carol", Mark{Read: 1})
	await(t, "what comes after", func() bool { return stored(t, s, group(1), "carol").Read == 1 })
	if got := stored(t, s, group(1), "bob"); got.Read != 2 {
		t.Errorf("bob is at %v", got)
	}
}

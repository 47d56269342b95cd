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
	if got, want := s.Own("alice~bob", "alice"), (Mark{3, 3}); got != want {
		t.Errorf("own %v, want %v", got, want)
	}
	move(t, s, "alice~bob", "alice", Mark{Read: 2, Delivered: 7})
	move(t, s, "alice~bob", "alice", Mark{Delivered: 1})
	want := Mark{Read: 3, Delivered: 7}
	if got := s.Own("alice~bob", "alice"); got != want {
		t.Errorf("own %v, want %v", got, want)
	}
	await(t, "the cursor to be stored", func() bool { return s.Stored("alice~bob", "alice") == want })
	move(t, s, "alice~bob", "bob", Mark{Read: 5})
	stop() // writes what was accepted
	again, _ := start(t, node, 1)
	got := map[string]Mark{}
	again.All("alice~bob", func(user string, m Mark) { got[user] = m })
	if diff := cmp.Diff(map[string]Mark{"alice": want, "bob": {5, 5}}, got); diff != "" {
		t.Errorf("after a restart (-want +got):\n%s", diff)
	}
}

// TestMove_manyAtOnce needs atomic batches, more than one.
func TestMove_manyAtOnce(t *testing.T) {
	node := embedtest.Start(t, embedtest.NoSync)
	s, _ := start(t, node, 1)
	const users, group = 2*maxBatch + 20, "gaaaaaaaaaaaaaaaaaaaaaaaa"
	other, _ := start(t, node, 1)
	for seq := range uint64(3) {
		for i := range users {
			move(t, s, group, fmt.Sprint("u", i), Mark{Read: seq + 1})
		}
	}
	move(t, other, group, "u7", Mark{Delivered: 9}) // a conflict in one of the batches, perhaps
	want := func(i int) Mark {
		if i == 7 {
			return Mark{3, 9}
		}
		return Mark{3, 3}
	}
	for _, s := range []*Store{s, other} {
		await(t, "all cursors to be stored", func() bool {
			return !slices.ContainsFunc(numbers(users), func(i int) bool { return s.Stored(group, fmt.Sprint("u", i)) != want(i) })
		})
	}
}

func numbers(n int) []int {
	all := make([]int, n)
	for i := range all {
		all[i] = i
	}
	return all
}

// TestMove_nodesRace moves one cursor on all nodes at once: it never goes back on any, and ends at the highest on all, in the stream too.
func TestMove_nodesRace(t *testing.T) {
	nodes := embedtest.Cluster(t, 2, embedtest.NoSync)
	var stores []*Store
	var watchers []*watcher
	for _, n := range nodes {
		s, _ := start(t, n, 2)
		w := &watcher{store: s, last: map[key]Mark{}}
		s.Listen(w)
		stores, watchers = append(stores, s), append(watchers, w)
	}
	const last = 400
	channels := []string{"alice~bob", "alice~carol", "alice~dave"}
	var moving sync.WaitGroup
	for i, s := range stores {
		for _, ch := range channels {
			moving.Go(func() {
				for n := range last + i {
					_ = s.Move(ch, "alice", Mark{Read: uint64(n + 1 - i), Delivered: uint64(n + 1)})
					_ = s.Move(ch, "bob", Mark{Delivered: uint64(n)})
				}
			})
		}
	}
	moving.Wait()
	for _, ch := range channels {
		for i, s := range stores {
			want := Mark{Read: last, Delivered: last + 1}
			await(t, "the cursors to agree", func() bool { return s.Stored(ch, "alice") == want && s.Stored(ch, "bob") == Mark{Delivered: last} })
			if got := s.Own(ch, "alice"); got != want {
				t.Errorf("node %d: own %v, want %v", i, got, want)
			}
		}
	}
	for i, w := range watchers {
		w.mu.Lock()
		for _, back := range w.back {
			t.Errorf("node %d: %s", i, back)
		}
		w.mu.Unlock()
	}
}

// watcher sees whether a cursor goes back.
type watcher struct {
	store *Store
	mu    sync.Mutex
	last  map[key]Mark
	back  []string
	own   int
	moved int
}

func (w *watcher) OwnMoved(string, string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.own++
}

func (w *watcher) Moved(channel, user string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.moved++
	k := key{channel, user}
	now := w.store.Stored(channel, user)
	if !now.covers(w.last[k]) {
		w.back = append(w.back, fmt.Sprintf("%v went from %v to %v", k, w.last[k], now))
	}
	w.last[k] = now
}

func (w *watcher) counts() (own, moved int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.own, w.moved
}

// TestListen: the user's own sessions hear of a read once, where he said it and where it came from elsewhere; others when it is stored.
func TestListen(t *testing.T) {
	node := embedtest.Start(t, embedtest.NoSync)
	here, _ := start(t, node, 1)
	there, _ := start(t, node, 1)
	at, elsewhere := &watcher{store: here, last: map[key]Mark{}}, &watcher{store: there, last: map[key]Mark{}}
	here.Listen(at)
	there.Listen(elsewhere)
	move(t, here, "alice~bob", "alice", Mark{Read: 4})
	if own, moved := at.counts(); own != 1 || moved > 1 {
		t.Errorf("told of %d own moves and %d, want 1 of its own at once", own, moved)
	}
	move(t, here, "alice~bob", "alice", Mark{Read: 4, Delivered: 2})
	await(t, "the other node", func() bool { return there.Stored("alice~bob", "alice") == Mark{4, 4} })
	move(t, there, "alice~bob", "bob", Mark{Delivered: 4})
	await(t, "this node", func() bool { return here.Stored("alice~bob", "bob") == Mark{Delivered: 4} })
	await(t, "both to be told", func() bool {
		own, moved := at.counts()
		own2, moved2 := elsewhere.counts()
		return own == 1 && own2 == 1 && moved == 2 && moved2 == 2
	})
}

// TestMove_afterThePurge: an operator empties the stream; what was accepted is stored all the same.
func TestMove_afterThePurge(t *testing.T) {
	node := embedtest.Start(t, embedtest.NoSync)
	s, stop := start(t, node, 1)
	move(t, s, "alice~bob", "alice", Mark{Read: 3})
	await(t, "the cursor to be stored", func() bool { return s.Stored("alice~bob", "alice").Read == 3 })
	js, err := jetstream.New(node.Conn)
	if err != nil {
		t.Fatal(err)
	}
	for n := range shards {
		stream, err := js.Stream(t.Context(), StreamName(n))
		if err == nil {
			err = stream.Purge(t.Context())
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	move(t, s, "alice~bob", "alice", Mark{Read: 8})
	await(t, "the cursor to be stored again", func() bool { return s.Stored("alice~bob", "alice").Read == 8 })
	stop()
	again, _ := start(t, node, 1)
	if got, want := again.Stored("alice~bob", "alice"), (Mark{8, 8}); got != want {
		t.Errorf("after a restart %v, want %v", got, want)
	}
}

// TestFollow_passesOverWhatItCannotRead: whatever somebody has put into the stream, cursors go on.
func TestFollow_passesOverWhatItCannotRead(t *testing.T) {
	node := embedtest.Start(t, embedtest.NoSync)
	s, _ := start(t, node, 1)
	for subject, body := range map[string]string{
		key{"alice~bob", "alice"}.subject(0): "not JSON", key{"alice~bob", "alice"}.subject(1): "[]", "receipt.0.x": "{}", "receipt.1.a.b.c.d": "{}",
	} {
		if _, err := node.Conn.Request(subject, []byte(body), patience); err != nil {
			t.Fatal(err)
		}
	}
	move(t, s, "alice~bob", "alice", Mark{Read: 3})
	await(t, "the cursor to be stored", func() bool { return s.Stored("alice~bob", "alice").Read == 3 })
}

// TestForget: a cursor is taken out of this node and of the stream, its user begins anew, and those of others stay. A node that did not
// hear of it writes all the same.
func TestForget(t *testing.T) {
	nodes := embedtest.Cluster(t, 2, embedtest.NoSync)
	s, stop := start(t, nodes[0], 1)
	other, _ := start(t, nodes[1], 1)
	for _, user := range []string{"alice", "bob", "carol"} {
		move(t, s, "g1", user, Mark{Read: 7})
	}
	move(t, s, "g2", "bob", Mark{Read: 7})
	await(t, "all cursors to be stored", func() bool {
		return other.Stored("g1", "alice").Read+other.Stored("g1", "bob").Read+other.Stored("g1", "carol").Read+other.Stored("g2", "bob").Read == 28
	})
	for _, gone := range [][2]string{{"g1", "bob"}, {"g2", "bob"}, {"g1", "bob"}, {"g1", "eve"}} {
		if err := s.Forget(t.Context(), gone[0], gone[1], true); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Forget(t.Context(), "g1", "carol", false); err != nil { // as a node that does not lead
		t.Fatal(err)
	}
	if got := s.Own("g1", "bob"); got != (Mark{}) {
		t.Errorf("bob is at %v after he was forgotten", got)
	}
	move(t, other, "g1", "bob", Mark{Read: 9}) // after a conflict, for it has seen more than there is
	await(t, "the cursor to be stored", func() bool { return s.Stored("g1", "bob").Read == 9 })
	stop()
	again, _ := start(t, nodes[0], 1)
	got := map[string]Mark{}
	for _, ch := range []string{"g1", "g2"} {
		again.All(ch, func(user string, m Mark) { got[ch+" "+user] = m })
	}
	want := map[string]Mark{"g1 alice": {7, 7}, "g1 bob": {9, 9}, "g1 carol": {7, 7}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("after a restart (-want +got):\n%s", diff)
	}
}

// TestForget_notWhatHasMoved: whoever has come back and read meanwhile keeps that.
func TestForget_notWhatHasMoved(t *testing.T) {
	tab, k := newTable(), key{"g1", "bob"}
	tab.apply(k, Mark{Read: 1}, 5)
	tab.apply(k, Mark{Read: 2}, 6)
	tab.drop(k, 5)
	if m, rev := tab.get(k); m.Read != 2 || rev != 6 {
		t.Errorf("%v at %d is left", m, rev)
	}
	tab.drop(k, 6)
	if m, rev := tab.get(k); m.Read != 0 || rev != 0 || len(tab.channels) > 0 {
		t.Errorf("%v at %d is left", m, rev)
	}
}

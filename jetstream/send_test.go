package jetstream

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"

	"natterjack/embed/embedtest"
	"natterjack/jetstream/channel"
	"natterjack/server/wire"
)

func TestSend_firstMessageMakesTheDirectChannel(t *testing.T) {
	l := alone(t)
	bob, _ := follow(t, l, "bob", nil)
	ack := mustSend(t, l, "alice", text("bob", "c1", "hello"))
	if ack.Seq != 1 || ack.Channel != "alice~bob" || ack.ID == "" || ack.ClientID != "c1" {
		t.Fatalf("ack %+v", ack)
	}
	events := bob.read(t, 2)
	if m := events[0].Meta; m == nil || m.Action != wire.ActionCreated || m.Kind != wire.Direct || len(m.Members) != 2 {
		t.Errorf("first event %+v is not the creation", events[0])
	}
	if e := events[1]; e.ID != ack.ID || e.Pos != ack.Pos || e.Shard != ack.Shard || e.Content.Text != "hello" || e.Timestamp != ack.Timestamp {
		t.Errorf("event %+v does not match ack %+v", e, ack)
	}
}

func TestSend_retryGetsTheOriginal(t *testing.T) {
	node, dir := embedtest.Start(t), t.TempDir()
	l, stop := start(t, node, dir, 1)
	first := mustSend(t, l, "alice", text("bob", "c1", "once"))
	mustSend(t, l, "alice", text("bob", "c2", "between"))
	if again := mustSend(t, l, "alice", text("bob", "c1", "once")); again != first {
		t.Errorf("retry got %+v, want %+v", again, first)
	}
	stop()
	l, _ = start(t, node, dir, 1)
	if again := mustSend(t, l, "alice", text("bob", "c1", "once")); again != first {
		t.Errorf("retry after a restart got %+v, want %+v", again, first)
	}
	_, err := l.Change(t.Context(), "alice", text("bob", "c1", "something else"))
	if !errors.Is(err, wire.Errorf(wire.CodeConflict, "")) {
		t.Errorf("other content under the same client id: %v, want conflict", err)
	}
	if bob := mustSend(t, l, "bob", text("alice", "c1", "mine")); bob.Seq != 3 {
		t.Errorf("the same client id of another sender got seq %d, want 3", bob.Seq)
	}
}

func TestSend_outsidersAreRefused(t *testing.T) {
	l := alone(t)
	group, err := l.CreateGroup(t.Context(), "alice", &wire.CreateGroup{ClientID: "g", Name: "friends", Members: []string{"bob"}})
	if err != nil {
		t.Fatal(err)
	}
	mustSend(t, l, "alice", text("bob", "c", "hi"))
	forbidden := wire.Errorf(wire.CodeForbidden, "")
	for _, channel := range []string{group.ID, "alice~bob", "g" + group.ID[2:] + "a", "bob~zoe"} {
		if _, err := l.Change(t.Context(), "mallory", in(channel, "m", "let me in")); !errors.Is(err, forbidden) {
			t.Errorf("send to %s: %v, want forbidden", channel, err)
		}
		if _, _, err := l.History(t.Context(), "mallory", &wire.History{Channel: channel}); !errors.Is(err, forbidden) {
			t.Errorf("history of %s: %v, want forbidden", channel, err)
		}
	}
}

func TestCreateGroup_retryFindsTheSame(t *testing.T) {
	l := alone(t)
	cmd := &wire.CreateGroup{ClientID: "g1", Name: "friends", Members: []string{"carol", "bob", "alice", "bob"}}
	first, err := l.CreateGroup(t.Context(), "alice", cmd)
	if err != nil {
		t.Fatal(err)
	}
	if len(first.Members) != 3 {
		t.Errorf("members %v", first.Members)
	}
	again, err := l.CreateGroup(t.Context(), "alice", cmd)
	if err != nil || again.ID != first.ID {
		t.Errorf("retry: %+v, %v; want %+v", again, err, first)
	}
	cmd.Name = "others"
	if _, err := l.CreateGroup(t.Context(), "alice", cmd); !errors.Is(err, wire.Errorf(wire.CodeConflict, "")) {
		t.Errorf("another group under the same client id: %v, want conflict", err)
	}
}

// TestSend_clientIDOfTheCreation shows that a group's creation uses up its client id in the
// group. The two commands may meet in the writer or in the view.
func TestSend_clientIDOfTheCreation(t *testing.T) {
	conflict := wire.Errorf(wire.CodeConflict, "")
	create := &wire.CreateGroup{ClientID: "g1", Name: "friends", Members: []string{"bob"}}
	send := in(channel.GroupID("alice", "g1"), "g1", "hello")
	l := alone(t)
	if _, err := l.CreateGroup(t.Context(), "alice", create); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if _, err := l.Change(t.Context(), "alice", send); !errors.Is(err, conflict) {
			t.Errorf("later: %v, want conflict", err)
		}
		mustSend(t, l, "alice", in(send.Channel, "last", "end"))
	}
}

// TestSend_manyAtOnce sends rounds of every size and form: single messages, batches, several
// messages of one channel in a batch, and the same send twice at once.
func TestSend_manyAtOnce(t *testing.T) {
	t.Parallel()
	l := alone(t)
	const senders, each = 40, 25
	group, err := l.CreateGroup(t.Context(), "u0", &wire.CreateGroup{ClientID: "g", Name: "all", Members: users(senders)})
	if err != nil {
		t.Fatal(err)
	}
	r, _ := follow(t, l, "u0", nil)
	var wg sync.WaitGroup
	for i, user := range users(senders) {
		for copies := range 2 {
			wg.Go(func() {
				for n := range each {
					id := fmt.Sprintf("c%d", n)
					if _, err := insist(t.Context(), l, user, in(group.ID, id, "to all")); err != nil {
						t.Errorf("copy %d of %s: %v", copies, id, err)
					}
					if _, err := insist(t.Context(), l, user, text(fmt.Sprintf("u%d", (i+n)%senders), "d"+id, "to one")); err != nil {
						t.Errorf("copy %d of %s: %v", copies, id, err)
					}
				}
			})
		}
	}
	wg.Wait()
	mustSend(t, l, "u0", in(group.ID, "last", "end"))
	got := 0
	for _, m := range messages(t, r.readTo(t, "last")) {
		if m.Channel == group.ID {
			got++
		}
	}
	if got != senders*each+1 {
		t.Errorf("saw %d messages of the group, want %d", got, senders*each+1)
	}
}

// TestWriter_twoAtOnce lets two nodes believe that they lead every shard. Order must be kept by
// the rule alone that decides which events count.
func TestWriter_twoAtOnce(t *testing.T) {
	node := embedtest.Start(t, embedtest.NoSync)
	one, _ := start(t, node, t.TempDir(), 1)
	two, _ := start(t, node, t.TempDir(), 1)
	const senders, each = 8, 20
	group, err := one.CreateGroup(t.Context(), "u0", &wire.CreateGroup{ClientID: "g", Name: "all", Members: users(senders)})
	if err != nil {
		t.Fatal(err)
	}
	r, _ := follow(t, one, "u1", nil)
	var wg sync.WaitGroup
	for _, user := range users(senders) {
		for _, l := range []*Log{one, two} {
			wg.Go(func() {
				for n := range each { // both nodes get the same, as from a client that lost its connection
					if _, err := insist(t.Context(), l, user, in(group.ID, fmt.Sprintf("c%d", n), "same")); err != nil {
						t.Errorf("%s c%d: %v", user, n, err)
					}
				}
			})
		}
	}
	wg.Wait()
	if got := len(messages(t, r.read(t, senders*each))); got != senders*each {
		t.Errorf("saw %d messages, want %d", got, senders*each)
	}
	if shard := one.layout.shardOf(group.ID); one.view.Voided(shard) == 0 {
		t.Error("the two never met: nothing that they wrote was void")
	}
	if a, b := historyOf(t, one, "u1", group.ID), historyOf(t, two, "u1", group.ID); !slices.Equal(a, b) {
		t.Errorf("the two tell it differently:\n%q\n%q", a, b)
	}
}

// historyOf returns the end of a channel's history, as its frames.
func historyOf(t *testing.T, l *Log, user, channel string) (frames []string) {
	t.Helper()
	last, err := lastPos(t.Context(), l.js, l.layout.shardOf(channel))
	if err == nil {
		err = l.shards[l.layout.shardOf(channel)].follower.Await(t.Context(), last)
	}
	if err != nil {
		t.Fatal(err)
	}
	page, _, err := l.History(t.Context(), user, &wire.History{Channel: channel, Limit: 100})
	if err != nil {
		t.Fatal(err)
	}
	for _, frame := range page {
		frames = append(frames, string(frame))
	}
	return frames
}

func users(n int) []string {
	out := make([]string, n)
	for i := range out {
		out[i] = fmt.Sprintf("u%d", i)
	}
	return out
}

// TestSend_pipelinedKeepsOrder sends in small bursts, without waiting, to one channel and to
// others. While the first message of a burst is on its way the second cannot be sent. The third
// must not overtake it.
func TestSend_pipelinedKeepsOrder(t *testing.T) {
	t.Parallel()
	l := alone(t)
	const bursts, each = 150, 3
	var mu sync.Mutex
	var answered sync.WaitGroup
	seqs := make([]uint64, bursts*each)
	for i := range seqs {
		answered.Add(2)
		l.Submit("alice", text("bob", fmt.Sprint(i), "x"), func(ack wire.Ack, err error) {
			defer answered.Done()
			if err != nil {
				t.Errorf("send %d: %v", i, err)
			}
			mu.Lock()
			seqs[i] = ack.Seq
			mu.Unlock()
		})
		l.Submit("carol", text(fmt.Sprint("user-", i), "c", "x"), func(wire.Ack, error) { answered.Done() })
		if i%each == each-1 {
			mustSend(t, l, "dave", text("erin", fmt.Sprint(i), "x")) // takes about as long as a window is out
		}
	}
	answered.Wait()
	for i, seq := range seqs {
		if seq != uint64(i+1) {
			t.Fatalf("send %d got seq %d", i, seq)
		}
	}
}

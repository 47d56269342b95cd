package presence

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"natterjack/embed/embedtest"
	"natterjack/server/wire"
)

func TestTracker_seenFromEveryNode(t *testing.T) {
	nodes := embedtest.Cluster(t, 3, embedtest.NoSync)
	var trackers []*Tracker
	for _, n := range nodes[:2] {
		tr, _ := start(t, n, 3, fast)
		trackers = append(trackers, tr)
	}
	if s := trackers[1].is("alice"); s != (wire.UserPresence{User: "alice", State: wire.PresenceOffline}) {
		t.Errorf("who was never here is %+v", s)
	}
	before := time.Now().UnixMilli()
	trackers[0].Enter("alice", wire.PresenceOnline)
	mustBecome(t, trackers[1], "alice", wire.PresenceOnline)
	trackers[0].Set("alice", wire.PresenceOnline, wire.PresenceAway)
	mustBecome(t, trackers[1], "alice", wire.PresenceAway)
	trackers[1].Enter("alice", wire.PresenceOnline)
	mustBecome(t, trackers[0], "alice", wire.PresenceOnline) // the highest state of all nodes
	trackers[1].Leave("alice", wire.PresenceOnline, time.Now())
	mustBecome(t, trackers[0], "alice", wire.PresenceAway)
	trackers[0].Leave("alice", wire.PresenceAway, time.Now())
	mustBecome(t, trackers[1], "alice", wire.PresenceOffline)
	if s := trackers[1].is("alice"); s.LastSeen < before || s.LastSeen > time.Now().UnixMilli() {
		t.Errorf("last seen at %d, not since %d", s.LastSeen, before)
	}
	trackers[0].Enter("shy", wire.PresenceOnline)
	eventually(t, "it is known", func() bool { return trackers[1].Get("shy", []string{"shy"})[0].State == wire.PresenceOnline })
	if s := trackers[1].is("shy"); s != (wire.UserPresence{User: "shy", State: wire.PresenceUnknown}) {
		t.Errorf("who may not be seen is %+v", s)
	}
}

// TestTracker_nodeVanishes kills a node. Its users are offline once its lease has lapsed, since
// the time of its last renewal, and online again when they connect to another node.
func TestTracker_nodeVanishes(t *testing.T) {
	nodes := embedtest.Cluster(t, 3, embedtest.NoSync)
	victim, stopVictim := start(t, nodes[0], 3, fast)
	other, _ := start(t, nodes[1], 3, fast)
	for i := range 100 {
		victim.Enter(fmt.Sprint("u", i), wire.PresenceOnline)
	}
	for i := range 100 {
		mustBecome(t, other, fmt.Sprint("u", i), wire.PresenceOnline)
	}
	told := newLog()
	var f Subscriber
	other.Follow(&f, "eve", []string{"u0", "u1"}, told.add)
	before := time.Now().Add(-patience).UnixMilli() // on a machine that stands still, a lease is renewed late
	nodes[0].Stop(t)
	for i := range 100 {
		mustBecome(t, other, fmt.Sprint("u", i), wire.PresenceOffline)
	}
	if s := other.is("u7"); s.LastSeen < before || s.LastSeen > time.Now().UnixMilli() {
		t.Errorf("last seen at %d, not since %d", s.LastSeen, before)
	}
	eventually(t, "the subscribers are told", func() bool {
		return told.last("u0") == wire.PresenceOffline && told.last("u1") == wire.PresenceOffline
	})
	other.Enter("u0", wire.PresenceOnline)
	mustBecome(t, other, "u0", wire.PresenceOnline)
	stopVictim()
}

// TestTracker_stops shows that one write takes all users of a node offline, and that the next
// run does not bring them back.
func TestTracker_stops(t *testing.T) {
	node := embedtest.Start(t, embedtest.NoSync)
	other, _ := start(t, node, 1, fast)
	one, stop := startAs(t, node, "host.example.net", 1, fast)
	for i := range 50 {
		one.Enter(fmt.Sprint("u", i), wire.PresenceOnline)
	}
	for i := range 50 {
		mustBecome(t, other, fmt.Sprint("u", i), wire.PresenceOnline)
	}
	before := writes(t, other, userKeys+">")
	stop()
	for i := range 50 {
		if s := other.is(fmt.Sprint("u", i)).State; s != wire.PresenceOffline {
			mustBecome(t, other, fmt.Sprint("u", i), wire.PresenceOffline)
		}
	}
	if n := writes(t, other, userKeys+">"); n != before {
		t.Errorf("stopping wrote %d keys of users", n-before)
	}
	again, _ := startAs(t, node, "host.example.net", 1, fast)
	again.Enter("u1", wire.PresenceOnline)
	mustBecome(t, other, "u1", wire.PresenceOnline)
	if s := other.is("u2"); s.State != wire.PresenceOffline || s.LastSeen == 0 {
		t.Errorf("of a former run: %+v", s)
	}
}

// TestTracker_bucketIsLost shows that the content of a lost bucket is written again.
func TestTracker_bucketIsLost(t *testing.T) {
	node := embedtest.Start(t, embedtest.NoSync)
	tr, _ := start(t, node, 1, fast)
	tr.Enter("alice", wire.PresenceOnline)
	mustBecome(t, tr, "alice", wire.PresenceOnline)
	s, err := tr.js.Stream(t.Context(), "KV_"+Bucket)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Purge(t.Context()); err != nil {
		t.Fatal(err)
	}
	eventually(t, "it is written again", func() bool { return writes(t, tr, userKeys+"alice.>") == 1 })
	other, _ := startAs(t, node, "host.example.net", 1, fast)
	mustBecome(t, other, "alice", wire.PresenceOnline)
}

// TestTracker_writes checks the number of writes: no more than there are changes, and none for
// sessions that merely stay open.
func TestTracker_writes(t *testing.T) {
	node := embedtest.Start(t, embedtest.NoSync)
	quick := fast
	quick.linger, quick.settle = time.Microsecond, time.Microsecond
	tr, _ := start(t, node, 1, quick)
	const changes, users = 100_000, 1000
	states := make([]wire.PresenceState, users) // of each user's session, if there is one
	all := []wire.PresenceState{wire.PresenceOnline, wire.PresenceAway, wire.PresenceInvisible}
	for range changes {
		i := rand.IntN(users)
		name := fmt.Sprint("u", i)
		switch {
		case states[i] == "":
			tr.Enter(name, wire.PresenceOnline)
			states[i] = wire.PresenceOnline
		case rand.IntN(3) == 0:
			tr.Leave(name, states[i], time.Now())
			states[i] = ""
		default:
			to := all[rand.IntN(len(all))]
			tr.Set(name, states[i], to)
			states[i] = to
		}
	}
	for i, s := range states {
		if s != wire.PresenceOnline && s != wire.PresenceAway {
			s = wire.PresenceOffline
		}
		mustBecome(t, tr, fmt.Sprint("u", i), s)
	}
	total := writes(t, tr, ">")
	t.Logf("%d changes cost %d writes", changes, total)
	if total > changes {
		t.Errorf("%d changes cost %d writes", changes, total)
	}

	for i := range 10_000 {
		tr.Enter(fmt.Sprint("idle", i%100), wire.PresenceOnline)
	}
	for i := range 100 {
		mustBecome(t, tr, fmt.Sprint("idle", i), wire.PresenceOnline)
	}
	opened := writes(t, tr, ">")
	heard := tr.roster.heard(tr.node)
	eventually(t, "the lease is renewed", func() bool { return tr.roster.heard(tr.node).Sub(heard) > 3*quick.renew })
	if idle := writes(t, tr, ">") - opened; idle > 10 {
		t.Errorf("10,000 idle sessions cost %d writes in four renewals", idle)
	}
	if n := opened - total; n > 110 {
		t.Errorf("10,000 sessions of 100 users cost %d writes", n)
	}
}

// TestFollow shows that a subscriber is told only of the users it follows, not too often, and
// nothing twice.
func TestFollow(t *testing.T) {
	node := embedtest.Start(t, embedtest.NoSync)
	slow := fast
	slow.tell = 300 * time.Millisecond
	tr, _ := start(t, node, 1, slow)
	var f Subscriber
	told := newLog()
	now := tr.Follow(&f, "eve", []string{"carol", "bob", "bob", "shy"}, told.add)
	want := []wire.UserPresence{
		{User: "bob", State: wire.PresenceOffline}, {User: "carol", State: wire.PresenceOffline}, {User: "shy", State: wire.PresenceUnknown},
	}
	if !slices.Equal(now, want) {
		t.Fatalf("now %+v, want %+v", now, want)
	}
	for _, u := range []string{"bob", "carol", "dave", "shy"} {
		tr.Enter(u, wire.PresenceOnline)
	}
	eventually(t, "both are told", func() bool {
		return told.last("bob") == wire.PresenceOnline && told.last("carol") == wire.PresenceOnline
	})
	state := wire.PresenceOnline
	for range 40 {
		to := wire.PresenceAway
		if state == to {
			to = wire.PresenceOnline
		}
		tr.Set("bob", state, to)
		state = to
		mustBecome(t, tr, "bob", state)
	}
	tr.Set("bob", state, wire.PresenceInvisible)
	eventually(t, "the end is told", func() bool { return told.last("bob") == wire.PresenceOffline })
	told.check(t, slow.tell, "bob", "carol")

	tr.Follow(&f, "eve", []string{"dave"}, told.add)
	tr.Enter("bob", wire.PresenceOnline)
	tr.Set("dave", wire.PresenceOnline, wire.PresenceAway)
	eventually(t, "the one is told", func() bool { return told.last("dave") == wire.PresenceAway })
	if told.last("bob") != wire.PresenceOffline {
		t.Error("told of somebody who is not followed any more")
	}
	tr.Unfollow(&f)
	tr.subscribers.mu.Lock()
	defer tr.subscribers.mu.Unlock()
	if n := len(tr.subscribers.byUser); n != 0 {
		t.Errorf("%d people are still followed", n)
	}
}

// told records the presence that a subscriber was told, with the times.
type told struct {
	mu     sync.Mutex // protects the fields below
	frames [][]wire.UserPresence
	times  []time.Time
}

func newLog() *told { return new(told) }

func (l *told) add(news []wire.UserPresence) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.frames = append(l.frames, news)
	l.times = append(l.times, time.Now())
}

func (l *told) last(user string) (state wire.PresenceState) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, frame := range l.frames {
		for _, p := range frame {
			if p.User == user {
				state = p.State
			}
		}
	}
	return state
}

func (l *told) check(t *testing.T, every time.Duration, users ...string) {
	t.Helper()
	l.mu.Lock()
	defer l.mu.Unlock()
	known := map[string]wire.UserPresence{}
	for i, frame := range l.frames {
		if i > 0 && l.times[i].Sub(l.times[i-1]) < every-time.Millisecond {
			t.Errorf("told again after %v", l.times[i].Sub(l.times[i-1]))
		}
		for _, p := range frame {
			if !slices.Contains(users, p.User) {
				t.Errorf("told of %s", p.User)
			}
			if known[p.User] == p {
				t.Errorf("told of %+v twice", p)
			}
			known[p.User] = p
		}
	}
}

// TestTracker_allNodesDie shows that a bucket in memory comes back empty and works.
func TestTracker_allNodesDie(t *testing.T) {
	nodes := embedtest.Cluster(t, 3, embedtest.NoSync)
	before, stop := start(t, nodes[0], 3, fast)
	before.Enter("alice", wire.PresenceOnline)
	mustBecome(t, before, "alice", wire.PresenceOnline)
	for _, n := range nodes {
		n.Stop(t)
	}
	stop()
	for _, n := range nodes {
		n.Launch(t)
	}
	for _, n := range nodes {
		n.Await(t)
	}
	after, _ := start(t, nodes[1], 3, fast)
	mustBecome(t, after, "alice", wire.PresenceOffline)
	after.Enter("alice", wire.PresenceOnline)
	mustBecome(t, after, "alice", wire.PresenceOnline)
}

// TestTracker_lastHeard shows that a user is seen offline since the moment when a visible session
// was last heard, however much later it left, and that an invisible session adds nothing to that.
func TestTracker_lastHeard(t *testing.T) {
	tr, _ := start(t, embedtest.Start(t, embedtest.NoSync), 1, fast)
	heard := time.Now().Add(-time.Minute)
	tr.Enter("alice", wire.PresenceOnline)
	mustBecome(t, tr, "alice", wire.PresenceOnline)
	tr.Enter("alice", wire.PresenceInvisible)
	tr.Leave("alice", wire.PresenceInvisible, time.Now())
	tr.Leave("alice", wire.PresenceOnline, heard)
	mustBecome(t, tr, "alice", wire.PresenceOffline)
	if s := tr.is("alice"); s.LastSeen != heard.UnixMilli() {
		t.Errorf("last seen at %d, want %d", s.LastSeen, heard.UnixMilli())
	}
}

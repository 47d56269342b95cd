package tell

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"natterjack/server/wire"
)

// TestShare shows that at most so many decide at once.
func TestShare(t *testing.T) {
	s := make(share, 2)
	var running sync.WaitGroup
	var now, most atomic.Int32
	for range 64 {
		running.Go(func() {
			_ = s.in(func() error {
				most.Store(max(most.Load(), now.Add(1)))
				now.Add(-1)
				return nil
			})
		})
	}
	running.Wait()
	if n := most.Load(); n < 1 || n > 2 || now.Load() != 0 {
		t.Errorf("%d at once", n)
	}
}

// TestTeller_pace shows that the tries of a message to many users are spread, and are not slow.
func TestTeller_pace(t *testing.T) {
	inBubble(t, func(t *testing.T, n *node) {
		t.Helper()
		members := []string{}
		for i := range 200 {
			user := fmt.Sprintf("user%03d", i)
			members = append(members, user)
			n.subscribe(user, fmt.Sprintf("%d.example", i%7), user)
		}
		g, err := n.Operations().Answer(t.Context(), caller("alice"), wire.CreateGroup{Name: "Team", Members: members, ClientID: "g"})
		if err != nil {
			t.Fatal(err)
		}
		n.settle(time.Second)
		n.say("alice", g.(wire.Channel).Channel.ID, "hello")
		n.settle(3 * time.Second)
		all := n.at.take()
		if len(all) != len(members) {
			t.Fatalf("%d are told", len(all))
		}
		first, last := all[0].at, all[0].at
		for _, g := range all {
			if g.at.Before(first) {
				first = g.at
			}
			if g.at.After(last) {
				last = g.at
			}
		}
		whole := time.Duration(len(all)) * n.teller.pace.slow
		if took := last.Sub(first); took < whole-2*time.Millisecond || took > whole+time.Second {
			t.Errorf("all are told within %v, want %v", took, whole)
		}
	})
}

// TestPace shows that tries which have to wait for long come faster, up to a bound, and that a rest
// makes them slow again.
func TestPace(t *testing.T) {
	p := &pace{slow: 8 * time.Millisecond, fast: 2 * time.Millisecond}
	now := time.Unix(1, 0)
	second := func() (turns int) {
		for end := now.Add(time.Second); now.Before(end); turns++ {
			p.take(now)
			now = p.next
		}
		return turns
	}
	for _, want := range []int{125, 250, 500, 500} {
		if got := second(); got < want-1 || got > want+1 {
			t.Errorf("%d tries in a second, want %d", got, want)
		}
	}
	now = now.Add(paceRest)
	if got := second(); got != 125 {
		t.Errorf("%d tries in the second after a rest, want 125", got)
	}
	p.take(now)
	if at := p.take(now); at.Sub(now) < p.fast {
		t.Error("two tries at once")
	}
}

// TestTeller_nobody shows that nothing is read of a message to one user without a way to be told.
func TestTeller_nobody(t *testing.T) {
	inBubble(t, func(t *testing.T, n *node) {
		t.Helper()
		n.subscribe("alice", "a.example", "phone")
		n.settle(time.Second)
		m, err := n.teller.moment()
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = m.Close() }()
		for to, looks := range map[string]int{"alice~bob": 0, "alice~alice": 1, "alice~zoe": 0, "aaron~alice": 1} {
			e := wire.Event{Record: wire.Record{Kind: wire.KindMessage, Seq: 1, Sender: "alice"}, Channel: to, Pos: 1}
			if to == "aaron~alice" {
				e.Sender = "aaron"
			}
			before := len(m.loaded)
			if p, err := n.teller.decideOne(m, &e); p != nil || err != nil || len(m.loaded)-before != looks {
				t.Errorf("%s: %v, %v, looked at %d messages", to, p, err, len(m.loaded)-before)
			}
		}
	})
}

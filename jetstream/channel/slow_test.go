package channel

import (
	"errors"
	"fmt"
	"testing"

	"natterjack/server/wire"
)

// slowRoom returns a group of the owner ann, the admin bob, and cem, in slow mode of 10
// seconds.
func slowRoom(t *testing.T) *room {
	t.Helper()
	r := newRoom(GroupID("ann", "1"))
	r.must(t, "ann", wire.CreateGroup{Name: "toads", Members: []string{"bob", "cem", "dot"}})
	r.must(t, "ann", wire.SetRole{User: "bob", Role: wire.RoleAdmin}, wire.UpdateChannel{SlowModeS: new(10)})
	return r
}

// wait returns how long a user's next message has to wait, in milliseconds; 0 if it need not
// wait.
func (r *room) wait(t *testing.T, user string) int64 {
	t.Helper()
	_, err := r.try(user, say("x"))
	if err == nil {
		return 0
	}
	wantCode(t, err, wire.CodeTooFast)
	e, _ := errors.AsType[*wire.Error](err)
	return e.RetryAfter
}

func TestSlowMode(t *testing.T) {
	r := slowRoom(t)
	r.must(t, "ann", say("1"), say("2"))
	r.must(t, "bob", say("3"), say("4"))
	r.must(t, "cem", say("5"))
	for _, c := range []struct {
		step, cem, dot int64
	}{
		{0, 10_000, 0}, {1, 9_999, 0}, {-500, 9_999, 0}, {10_498, 1, 0}, {1, 0, 0},
	} {
		r.now += c.step
		if cem, dot := r.wait(t, "cem"), r.wait(t, "dot"); cem != c.cem || dot != c.dot {
			t.Errorf("at %d: cem waits %d, dot %d; want %d and %d", r.now, cem, dot, c.cem, c.dot)
		}
		// time passes in the log only
		if _, err := r.do("ann", wire.React{Seq: 1, Emoji: fmt.Sprint(r.now)}); err != nil {
			t.Fatal(err)
		}
	}
	r.must(t, "cem", say("6"))
	if r.wait(t, "cem") != 10_000 {
		t.Error("the second message does not count")
	}
	if len(r.st.Spoke) != 1 {
		t.Errorf("%v is remembered", r.st.Spoke)
	}
}

// TestSlowMode_goingAway shows that users cannot get around slow mode by leaving, or by deleting a
// message.
func TestSlowMode_goingAway(t *testing.T) {
	r := slowRoom(t)
	r.must(t, "cem", say("1"), wire.Delete{Seq: 1})
	if r.wait(t, "cem") != 10_000 {
		t.Error("a message taken back does not count")
	}
	r.must(t, "cem", wire.Leave{})
	r.must(t, "ann", wire.CreateInvite{Hash: hashOf(secret)})
	r.must(t, "cem", wire.Join{Secret: secret})
	if r.wait(t, "cem") != 10_000 {
		t.Error("leaving resets it")
	}
	r.must(t, "ann", wire.SetRole{User: "cem", Role: wire.RoleAdmin})
	if r.wait(t, "cem") != 0 {
		t.Error("an admin waits")
	}
	r.must(t, "ann", wire.SetRole{User: "cem", Role: wire.RoleMember}, wire.UpdateChannel{SlowModeS: new(2)})
	if r.wait(t, "cem") != 2_000 {
		t.Error("a shorter one does not count from the message")
	}
	r.must(t, "ann", wire.UpdateChannel{SlowModeS: new(0)})
	if r.wait(t, "cem") != 0 || r.st.Spoke != nil {
		t.Errorf("turned off, it remembers %v", r.st.Spoke)
	}
}

// TestSlowMode_bounded shows that the list is bounded, however many members join, speak and
// leave within the interval.
func TestSlowMode_bounded(t *testing.T) {
	r := slowRoom(t)
	for i := range maxSpoke + 10 {
		user := fmt.Sprint("u", i)
		for _, e := range []wire.Record{
			{Kind: wire.KindMeta, Sender: user, Timestamp: r.now, Meta: &wire.Meta{Action: wire.ActionJoined, Members: []string{user}}},
			{Kind: wire.KindMessage, Sender: user, Timestamp: r.now, Seq: r.st.Seq + 1},
			{Kind: wire.KindMeta, Sender: user, Timestamp: r.now, Meta: &wire.Meta{Action: wire.ActionLeft, Members: []string{user}}},
		} {
			r.store(e)
		}
	}
	if len(r.st.Spoke) != maxSpoke || r.st.Spoke[0].User != "u10" {
		t.Errorf("%d are remembered, first %v", len(r.st.Spoke), r.st.Spoke[0])
	}
}

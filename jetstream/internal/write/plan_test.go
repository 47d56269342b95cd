package write

import (
	"errors"
	"testing"
	"time"

	"natterjack/jetstream/channel"
	"natterjack/server/wire"
)

// TestPlan_clientIDOfTheCreation shows that a group's creation uses up its client id in the group,
// for a message in the same round, too.
func TestPlan_clientIDOfTheCreation(t *testing.T) {
	create := wire.CreateGroup{ClientID: "g1", Name: "friends", Members: []string{"bob"}}
	send := wire.Send{Channel: channel.GroupID("alice", "g1"), ClientID: "g1", Content: wire.Content{Text: "hello"}}
	made, err := channel.Decide(nil, send.Channel, "alice", create, channel.Env{NewID: func() string { return newID(send.Channel) }})
	if err != nil {
		t.Fatal(err)
	}
	if err := (&plan{events: made}).join(Change("alice", send)); !errors.Is(err, wire.Errorf(wire.CodeConflict, "")) {
		t.Errorf("%v, want conflict", err)
	}
}

// TestDecide_heldAfterATry lets a command run out of time behind which another one was tried too.
// The other is held back then, but no answer may say that it is not stored.
func TestDecide_heldAfterATry(t *testing.T) {
	tb, l := newTable(t), newLane(func() bool { return true }, &script{}, nil)
	var round []*Command
	var told []error
	for _, id := range []string{"first", "second", "second"} { // the last is the same command again
		c := Change("ann", wire.Send{Channel: "ann~bob", ClientID: id, Content: wire.Content{Text: "x"}})
		c.done = func(_ wire.Ack, err error) { told = append(told, err) }
		l.enter(c)
		round = append(round, c)
	}
	win := &window{writer: tb.w}
	for _, p := range tb.w.decide(t.Context(), round) {
		win.again(p) // there was no ack
	}
	round[0].deadline = time.Now().Add(-time.Second)
	if plans := tb.w.decide(t.Context(), answerOverdue(win.rest)); len(plans) > 0 {
		t.Errorf("%d commands are tried again, want none before the first", len(plans))
	}
	for _, err := range told {
		if !errors.Is(err, wire.Errorf(wire.CodeTimeout, "")) {
			t.Errorf("%v, and the command may be stored", err)
		}
	}
	if len(told) != 3 {
		t.Errorf("told %v", told)
	}
}

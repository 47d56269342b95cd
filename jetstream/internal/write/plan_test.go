package write

import (
	"errors"
	"testing"

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

package channel

import (
	"testing"

	"natterjack/server/wire"
)

func TestPaced(t *testing.T) {
	g := &State{ID: "g-1", Kind: wire.Group, Members: []string{"admin", "member", "owner", "reader"}, Roles: "amor"}
	kinds := []wire.Kind{wire.KindMessage, wire.KindEdit, wire.KindReaction, wire.KindPin, wire.KindSetting}
	for _, user := range []string{"owner", "admin", "member", "reader", "stranger"} {
		for _, kind := range kinds {
			if !Paced(g, user, kind) {
				t.Errorf("%s by the %s is not", kind, user)
			}
		}
		if Paced(g, user, wire.KindDelete) {
			t.Errorf("what the %s takes away is", user)
		}
		if want := user != "stranger"; Paced(g, user, wire.KindNote) != want {
			t.Errorf("a note of the %s: %v", user, !want)
		}
		if want := user != "owner" && user != "admin"; Paced(g, user, wire.KindMeta) != want {
			t.Errorf("what the %s does to the channel: %v", user, !want)
		}
	}
	if !Paced(nil, "alice", wire.KindMeta) {
		t.Error("the beginning of a channel is not")
	}
}

package jetstream

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"natterjack/embed/embedtest"
	"natterjack/jetstream/channel"
	"natterjack/server/wire"
)

// TestRefused_learnsNoNumbers refuses requests to join a group in which much is said. The user who
// asked gets the event that says so, live and later, but not how many messages and events there
// are. Members get these numbers.
func TestRefused_learnsNoNumbers(t *testing.T) {
	t.Parallel()
	for name, refuse := range map[string]func(group string) wire.Change{
		"removed": func(group string) wire.Change { return wire.RemoveMember{Channel: group, User: "bob"} },
		"banned":  func(group string) wire.Change { return wire.RemoveMember{Channel: group, User: "bob", Ban: true} },
		"deleted": func(group string) wire.Change { return wire.DeleteChannel{Channel: group} },
	} {
		t.Run(name, func(t *testing.T) {
			dir, node := t.TempDir(), embedtest.Start(t, embedtest.NoSync)
			l, stop := start(t, node, dir, 1)
			group, secret := toads(t, l), secretOf("s")
			ack := mustSend(t, l, "own", wire.CreateInvite{Channel: group, Hash: channel.SecretHash(secret), Approval: true})
			awaitMessage(t, l, ack)
			bob, began := follow(t, l, "bob", nil)
			own, _ := follow(t, l, "own", nil)
			mustSend(t, l, "bob", wire.Join{Channel: group, Secret: secret})
			mustSend(t, l, "own", in(group, "more", "is said"))
			mustSend(t, l, "own", refuse(group))
			told := bob.read(t, 1)[0]
			if told.Channel != group || told.Meta == nil || told.Version != 0 || told.Last != 0 || told.Seq != 0 || told.After != 0 {
				t.Errorf("bob is told %+v", told)
			}
			whole := own.read(t, 3)[2]
			if whole.ID != told.ID || whole.Version == 0 || whole.Last == 0 {
				t.Errorf("a member is told %+v", whole)
			}
			stop()
			l, _ = start(t, node, dir, 1)
			later, _ := follow(t, l, "bob", &wire.Resume{Epoch: began.Epoch, Positions: began.Positions})
			if diff := cmp.Diff(told, later.read(t, 1)[0]); diff != "" {
				t.Errorf("live, and on resume: %s", diff)
			}
		})
	}
}

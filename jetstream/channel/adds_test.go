package channel

import (
	"testing"

	"natterjack/server/wire"
)

func TestAdds(t *testing.T) {
	name, archived := "n", true
	for _, cmd := range []wire.Command{
		wire.Send{},
		wire.Edit{},
		wire.React{Emoji: "x"},
		wire.Pin{},
		wire.AddMembers{},
		wire.CreateInvite{},
		wire.Join{},
		wire.CreateGroup{},
		wire.UpdateChannel{Name: &name, Archived: &archived},
		wire.Set{Name: "client/x", Value: "1"},
		wire.Set{Name: "contact/bob", Value: "1"},
		wire.SubscribePush{},
	} {
		if !Adds(cmd) {
			t.Errorf("%s %+v is let in where there is no room", cmd.Type(), cmd)
		}
	}
	for _, cmd := range []wire.Command{
		wire.Delete{},
		wire.DeleteChannel{},
		wire.RemoveMember{},
		wire.RemoveMember{Ban: true},
		wire.Leave{},
		wire.RevokeInvite{},
		wire.React{Emoji: "x", Remove: true},
		wire.Pin{Remove: true},
		wire.SetRole{Role: wire.RoleReader},
		wire.SetRole{Role: wire.RoleMember},
		wire.SetRole{Role: wire.RoleOwner},
		wire.Unban{},
		wire.UpdateChannel{Archived: &archived},
		wire.Set{Name: "block/bob", Value: "1"},
		wire.Set{Name: "hide/c/1", Value: "1"},
		wire.Set{Name: "privacy/last_seen", Value: "nobody"},
		wire.Set{Name: "client/x"},
		wire.Set{Name: "notify/snooze", Value: "1764000000000"},
		wire.Set{Name: "notify/level/ann~bob", Value: "none"},
		wire.UnsubscribePush{},
	} {
		if Adds(cmd) {
			t.Errorf("%s %+v is refused where there is no room", cmd.Type(), cmd)
		}
	}
}

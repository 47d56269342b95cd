package channel

import (
	"reflect"
	"testing"

	"natterjack/server/wire"
)

// TestSame shows that the event of a command is the same as that command, and differs from
// every other command.
func TestSame(t *testing.T) {
	id := GroupID("own", "1")
	for i, a := range wishes {
		r := fixture(t, id)
		switch a.cmd.(type) {
		case wire.CreateGroup:
			r = newRoom(id)
		case wire.Set, wire.SetProfile, wire.SubscribePush, wire.UnsubscribePush:
			r = newRoom(wire.OwnChannel(a.user))
		}
		events, err := r.try(a.user, a.cmd)
		if err != nil || len(events) == 0 {
			t.Fatalf("%T %+v: %d events, %v", a.cmd, a.cmd, len(events), err)
		}
		event := &events[len(events)-1]
		for j, b := range wishes {
			want := i == j || a.also == b.also && a.also != ""
			if got := Same(event, b.cmd); got != want {
				t.Errorf("the event of %T %+v is %T %+v: %v, want %v", a.cmd, a.cmd, b.cmd, b.cmd, got, want)
			}
		}
	}
}

// wishes are commands that the fixture allows. Those with the same mark ask for the same in a
// different form.
var wishes = []struct {
	user string
	cmd  wire.Command
	also string
}{
	{"own", wire.CreateGroup{Name: "toads", Members: []string{"adm", "mem"}}, "create"},
	{"own", wire.CreateGroup{Name: " toads", Members: []string{"mem", "own", "adm"}}, "create"},
	{"own", wire.CreateGroup{Name: "frogs", Members: []string{"adm", "mem"}}, ""},
	{"own", wire.CreateGroup{Name: "toads", Members: []string{"adm"}}, ""},
	{"own", say("a"), ""},
	{"own", say("b"), ""},
	{"own", wire.Send{Content: wire.Content{Text: "a", ReplyTo: 1}}, ""},
	{"own", wire.Edit{Seq: 1, Content: wire.Content{Text: "a"}}, ""},
	{"own", wire.Edit{Seq: 1, Content: wire.Content{Text: "b"}}, ""},
	{"own", album("a", "one"), "album"},
	{"own", wire.Send{Content: wire.Content{Attachments: []wire.Attachment{{ID: "a", Caption: "one", Kind: wire.AttachmentFile, Size: 9}}}}, "album"},
	{"own", album("a", "two"), ""},
	{"own", album("b", "one"), ""},
	{"own", wire.Delete{Seq: 1}, ""},
	{"own", wire.Delete{Seq: 3}, ""},
	{"own", wire.React{Seq: 1, Emoji: "❤️"}, "heart"},
	{"own", wire.React{Seq: 1, Emoji: "❤"}, "heart"},
	{"own", wire.React{Seq: 1, Emoji: "👍"}, ""},
	{"mem", wire.React{Seq: 1, Emoji: "👍", Remove: true}, ""},
	{"own", wire.React{Seq: 3, Emoji: "👍"}, ""},
	{"own", wire.Pin{Seq: 1}, ""},
	{"own", wire.Pin{Seq: 2}, ""},
	{"own", wire.Pin{Seq: 3, Remove: true}, ""},
	{"own", wire.UpdateChannel{Name: new("frogs")}, "rename"},
	{"own", wire.UpdateChannel{Name: new("frogs "), Topic: new("")}, "rename"},
	{"own", wire.UpdateChannel{Topic: new("x")}, ""},
	{"own", wire.UpdateChannel{SlowModeS: new(5), Archived: new(true)}, ""},
	{"own", wire.AddMembers{Members: []string{"req", "never"}}, ""},
	{"own", wire.AddMembers{Members: []string{"zoe"}}, "add zoe"},
	{"own", wire.AddMembers{Members: []string{"zoe", "mem"}}, "add zoe"},
	{"own", wire.RemoveMember{User: "mem"}, ""},
	{"own", wire.RemoveMember{User: "mem", Ban: true}, ""},
	{"own", wire.RemoveMember{User: "adm"}, ""},
	{"own", wire.Unban{User: "ban"}, ""},
	{"own", wire.SetRole{User: "mem", Role: wire.RoleAdmin}, ""},
	{"own", wire.SetRole{User: "mem", Role: wire.RoleOwner}, ""},
	{"own", wire.SetRole{User: "rea", Role: wire.RoleAdmin}, ""},
	{"mem", wire.Leave{}, ""},
	{"own", wire.CreateInvite{Hash: hashOf(unknown)}, ""},
	{"own", wire.CreateInvite{Hash: hashOf(unknown), Uses: 3}, ""},
	{"own", wire.CreateInvite{Hash: hashOf(unknown), ExpiresS: 60}, ""},
	{"own", wire.CreateInvite{Hash: hashOf(secret), Approval: true}, ""},
	{"own", wire.RevokeInvite{Hash: hashOf(secret)}, ""},
	{"own", wire.RevokeInvite{Hash: hashOf(asking)}, ""},
	{"own", wire.Set{Name: "read_receipts", Value: "off"}, ""},
	{"own", wire.Set{Name: "read_receipts"}, ""},
	{"own", wire.SetProfile{ProfileChange: wire.ProfileChange{Name: new("Alice")}}, "name"},
	{"own", wire.SetProfile{ProfileChange: wire.ProfileChange{Name: new(" Alice\u200b")}}, "name"},
	{"own", wire.SetProfile{ProfileChange: wire.ProfileChange{Name: new("Alice"), Zone: new("UTC")}}, ""},
	{"own", wire.SetProfile{ProfileChange: wire.ProfileChange{Picture: &somePicture}}, ""},
	{"own", wire.SetProfile{ProfileChange: wire.ProfileChange{Picture: &wire.Picture{}}}, ""},
	{"own", wire.SubscribePush{ID: "1", PushDevice: wire.PushDevice{Label: "phone"}, PushTarget: wire.PushTarget{Address: "a"}}, "subscribe"},
	{"own", wire.SubscribePush{ID: "1", PushDevice: wire.PushDevice{Label: "phone "}, PushTarget: wire.PushTarget{Address: "a"}}, "subscribe"},
	{"own", wire.SubscribePush{ID: "1", PushTarget: wire.PushTarget{Address: "a"}}, ""},
	{"own", wire.SubscribePush{ID: "1", PushTarget: wire.PushTarget{Address: "a", Key: "k"}}, ""},
	{"own", wire.SubscribePush{ID: "2", PushTarget: wire.PushTarget{Address: "a"}}, ""},
	{"own", wire.UnsubscribePush{ID: "1"}, ""},
	{"own", wire.UnsubscribePush{ID: "2"}, ""},
	{"own", wire.UpdateChannel{Picture: &somePicture}, ""},
	{"never", wire.Join{Secret: secret}, ""},
	{"never", wire.Join{Secret: asking}, ""},
}

// TestSame_lastMember shows that one event answers both leave and delete_channel: the group
// ends when its last member leaves.
func TestSame_lastMember(t *testing.T) {
	r := newRoom(GroupID("ann", "1"))
	r.must(t, "ann", wire.CreateGroup{Name: "mine"}, wire.Leave{})
	last := &r.log[len(r.log)-1]
	if !Same(last, wire.Leave{}) || !Same(last, wire.DeleteChannel{}) || Same(last, wire.Join{Secret: secret}) {
		t.Errorf("%+v", last.Meta)
	}
}

// TestSame_everyCommand shows that the tests above cover every change of the protocol.
func TestSame_everyCommand(t *testing.T) {
	have := map[reflect.Type]bool{reflect.TypeFor[wire.DeleteChannel](): true}
	for _, w := range wishes {
		have[reflect.TypeOf(w.cmd)] = true
	}
	for _, c := range matrix {
		if !have[reflect.TypeOf(c.cmd)] {
			t.Errorf("%T is not compared", c.cmd)
		}
	}
}

func TestSame_damaged(t *testing.T) {
	for _, e := range []wire.Record{{}, {Kind: wire.KindSetting}, {Kind: wire.KindProfile}, {Kind: wire.KindMeta}, {Kind: wire.KindMeta, Meta: &wire.Meta{}}} {
		for _, w := range wishes {
			if Same(&e, w.cmd) {
				t.Errorf("%+v is %T %+v", e, w.cmd, w.cmd)
			}
		}
	}
}

// TestSame_erased shows that a retry by the sender of a deleted message is accepted, because
// the content of that message is unknown.
func TestSame_erased(t *testing.T) {
	message, edited := wire.Record{Kind: wire.KindMessage}, wire.Record{Kind: wire.KindEdit, Target: 1}
	for _, c := range []struct {
		event *wire.Record
		cmd   wire.Command
		want  bool
	}{
		{&message, say("a"), true},
		{&message, edit(1), false},
		{&edited, edit(1), true},
		{&edited, edit(2), false},
		{&edited, say("a"), false},
	} {
		if got := Same(c.event, c.cmd); got != c.want {
			t.Errorf("%s is %T %+v: %v", c.event.Kind, c.cmd, c.cmd, got)
		}
	}
}

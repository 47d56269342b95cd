package wire

import (
	"reflect"
	"strings"
	"testing"
)

// TestValidate_changes tries each change at its limits and one beyond them.
func TestValidate_changes(t *testing.T) {
	const ch = "alice~bob"
	hash, secret := strings.Repeat("0a", 32), strings.Repeat("s", MinSecretLen)
	content := Content{Text: "x"}
	valid := map[string]Command{
		"edit":             Edit{Channel: ch, Seq: 1, Content: content},
		"delete":           Delete{Channel: ch, Seq: 1, ClientID: "c"},
		"react":            React{Channel: ch, Seq: 1, Emoji: "👍"},
		"pin":              Pin{Channel: ch, Seq: 1, Remove: true},
		"name":             UpdateChannel{Channel: ch, Name: new(strings.Repeat("あ", MaxGroupNameLen))},
		"topic":            UpdateChannel{Channel: ch, Topic: new(strings.Repeat("あ", MaxTopicLen))},
		"topic taken away": UpdateChannel{Channel: ch, Topic: new("")},
		"slow mode":        UpdateChannel{Channel: ch, SlowModeS: new(MaxSlowModeS)},
		"slow mode off":    UpdateChannel{Channel: ch, SlowModeS: new(0)},
		"archived":         UpdateChannel{Channel: ch, Archived: new(false)},
		"add":              AddMembers{Channel: ch, Members: []string{"bob"}},
		"remove":           RemoveMember{Channel: ch, User: "bob", Ban: true},
		"unban":            Unban{Channel: ch, User: "bob"},
		"role":             SetRole{Channel: ch, User: "bob", Role: RoleReader},
		"leave":            Leave{Channel: ch},
		"invite":           CreateInvite{Channel: ch, Hash: hash},
		"longest invite":   CreateInvite{Channel: ch, Hash: hash, ExpiresS: MaxInviteS, Uses: MaxInviteUses, Approval: true},
		"revoke":           RevokeInvite{Channel: ch, Hash: hash},
		"join":             Join{Channel: ch, Secret: secret},
		"longest secret":   Join{Channel: ch, Secret: strings.Repeat("s", MaxSecretLen)},
		"delete channel":   DeleteChannel{Channel: ch},
	}
	for name, c := range valid {
		if err := c.Validate(DefaultLimits()); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, c := range []struct {
		cmd  Command
		says string // start of the error text
	}{
		{Edit{Channel: ch, Content: content}, "seq:"},
		{Edit{Channel: ch, Seq: 1, Content: Content{Text: " "}}, "content.text:"},
		{Edit{Channel: ch, Seq: 1, Content: content, ClientID: "a b"}, "client_id:"},
		{Edit{Channel: "*", Seq: 1, Content: content}, "channel:"},
		{Delete{Channel: ch}, "seq:"},
		{React{Channel: ch, Emoji: "👍"}, "seq:"},
		{React{Channel: ch, Seq: 1}, "emoji:"},
		{React{Channel: ch, Seq: 1, Emoji: "👍👍"}, "emoji:"},
		{Pin{Channel: ch}, "seq:"},
		{UpdateChannel{Channel: ch}, "name, topic, slow_mode_s, archived:"},
		{UpdateChannel{Channel: "x", Archived: new(true)}, "channel:"},
		{UpdateChannel{Channel: ch, Name: new("")}, "name:"},
		{UpdateChannel{Channel: ch, Name: new(strings.Repeat("a", MaxGroupNameLen+1))}, "name:"},
		{UpdateChannel{Channel: ch, Name: new("a\nb")}, "name:"},
		{UpdateChannel{Channel: ch, Name: new("x"), Topic: new("a\u202eb")}, "topic:"},
		{UpdateChannel{Channel: ch, Topic: new("a\nb")}, "topic:"},
		{UpdateChannel{Channel: ch, Topic: new("\xff")}, "topic:"},
		{UpdateChannel{Channel: ch, Topic: new(strings.Repeat("a", MaxTopicLen+1))}, "topic:"},
		{UpdateChannel{Channel: ch, SlowModeS: new(-1)}, "slow_mode_s:"},
		{UpdateChannel{Channel: ch, SlowModeS: new(MaxSlowModeS + 1)}, "slow_mode_s:"},
		{Forward{To: "bob", ClientID: "c", From: ChannelSeq{Channel: ch}}, "from.seq:"},
		{Forward{To: "bob", ClientID: "c", From: ChannelSeq{Seq: 1}}, "from.channel:"},
		{Forward{To: "bob", Channel: ch, ClientID: "c", From: ChannelSeq{Channel: ch, Seq: 1}}, "channel, to:"},
		{Forward{To: "bob", From: ChannelSeq{Channel: ch, Seq: 1}}, "client_id:"},
		{Send{To: "bob", ClientID: "c", Content: Content{Text: "x", Forwarded: &Forwarded{Sender: "eve"}}}, "content.forwarded:"},
		{AddMembers{Channel: ch}, "members:"},
		{AddMembers{Channel: ch, Members: []string{"bob", "Bob"}}, "members.1:"},
		{AddMembers{Channel: ch, Members: make([]string, 501)}, "members:"},
		{AddMembers{Members: []string{"bob"}}, "channel:"},
		{RemoveMember{Channel: ch}, "user:"},
		{RemoveMember{User: "bob"}, "channel:"},
		{Unban{Channel: ch, User: "al.ice"}, "user:"},
		{SetRole{Channel: ch, User: "bob"}, "role:"},
		{SetRole{Channel: ch, User: "bob", Role: "king"}, "role:"},
		{SetRole{Channel: ch, Role: RoleAdmin}, "user:"},
		{Leave{}, "channel:"},
		{CreateInvite{Channel: ch, Hash: strings.ToUpper(hash)}, "hash:"},
		{CreateInvite{Channel: ch, Hash: hash[1:]}, "hash:"},
		{CreateInvite{Channel: ch, Hash: hash, ExpiresS: -1}, "expires_s:"},
		{CreateInvite{Channel: ch, Hash: hash, ExpiresS: MaxInviteS + 1}, "expires_s:"},
		{CreateInvite{Channel: ch, Hash: hash, Uses: -1}, "uses:"},
		{CreateInvite{Channel: ch, Hash: hash, Uses: MaxInviteUses + 1}, "uses:"},
		{CreateInvite{Hash: hash}, "channel:"},
		{RevokeInvite{Channel: ch, Hash: "x"}, "hash:"},
		{Join{Channel: ch, Secret: secret[1:]}, "secret:"},
		{Join{Channel: ch, Secret: strings.Repeat("s", MaxSecretLen+1)}, "secret:"},
		{Join{Secret: secret}, "channel:"},
		{DeleteChannel{Channel: ch, ClientID: " "}, "client_id:"},
	} {
		err := c.cmd.Validate(DefaultLimits())
		if err == nil || !strings.HasPrefix(AsError(err, 0).Message, c.says) {
			t.Errorf("%s %+v: %v, want %s", c.cmd.Type(), c.cmd, err, c.says)
		}
	}
	checkEveryChange(t, valid)
}

// checkEveryChange checks that the tables have every change of the protocol.
func checkEveryChange(t *testing.T, valid map[string]Command) {
	t.Helper()
	have := map[string]bool{}
	for _, c := range valid {
		have[c.Type()] = true
	}
	for _, g := range goldenCommands {
		if _, change := g.value.(Change); change && !have[g.value.Type()] {
			switch g.value.(type) {
			case Send, Set: // these have tests of their own
			default:
				t.Errorf("%s: its limits are not tested", g.value.Type())
			}
		}
	}
}

// TestChange_place shows that a change goes to the channel it names, and a direct message to
// the direct channel of the two users.
func TestChange_place(t *testing.T) {
	for _, g := range goldenCommands {
		c, ok := g.value.(Change)
		if !ok {
			continue
		}
		v := reflect.ValueOf(g.value)
		if place := v.FieldByName("Channel"); place.IsValid() && place.String() != "" && c.Place("zoe") != place.String() {
			t.Errorf("%s: %q", g.name, c.Place("zoe"))
		}
		if key := v.FieldByName("ClientID").String(); c.Key() != key {
			t.Errorf("%s: key %q, want %q", g.name, c.Key(), key)
		}
	}
	if got := (Send{To: "bob"}).Place("zoe"); got != "bob~zoe" {
		t.Errorf("a direct message goes to %q", got)
	}
}

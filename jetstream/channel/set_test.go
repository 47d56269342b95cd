package channel

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"natterjack/server/wire"
)

func TestSet(t *testing.T) {
	mute := wire.Set{Name: "mute/ann~bob", Value: "0", ClientID: "c"}
	created := wire.Record{
		Kind: wire.KindMeta,
		ID:   "1", Sender: "ann", Timestamp: 600, Meta: &wire.Meta{Action: wire.ActionCreated, Kind: wire.Own, Members: []string{"ann"}},
	}
	set := func(id string) wire.Record {
		return wire.Record{
			Kind: wire.KindSetting,
			ID:   id, ClientID: "c", Sender: "ann", Timestamp: 600, Setting: &wire.Setting{Name: "mute/ann~bob", Value: "0"},
		}
	}
	first, err := Decide(nil, "~ann", "ann", mute, env(600))
	if diff := cmp.Diff([]wire.Record{created, set("2")}, first); err != nil || diff != "" {
		t.Fatalf("the first: %v (-want +got):\n%s", err, diff)
	}
	var st *State
	for i := range first {
		st = Apply(st, "~ann", uint64(i+1), &first[i])
	}
	second, err := Decide(st, "~ann", "ann", mute, env(600))
	if diff := cmp.Diff([]wire.Record{set("1")}, second); err != nil || diff != "" {
		t.Errorf("the second: %v (-want +got):\n%s", err, diff)
	}
	if _, err := Decide(st, "~ann", "bob", mute, env(600)); !errors.Is(err, wire.Errorf(wire.CodeForbidden, "")) {
		t.Errorf("another's: %v", err)
	}
	if _, err := Decide(st, "~ann", "ann", wire.Send{Content: wire.Content{Text: "note"}}, env(600)); !errors.Is(err, wire.Errorf(wire.CodeUnsupported, "")) {
		t.Errorf("a message among the settings: %v", err)
	}
}

// TestSet_room shows that each kind of setting has room of its own, and that a setting that
// exists can be changed and removed when there is no room.
func TestSet_room(t *testing.T) {
	full := env(600)
	full.Settings = func(_, name string) (int, bool, error) {
		switch SettingKind(name) {
		case "hide", "client", "notify/level":
			return wire.MaxSettings, name == "client/theme", nil
		default:
			return wire.MaxSettings - 1, false, nil
		}
	}
	for cmd, want := range map[wire.Set]wire.Code{
		{Name: "hide/ann~bob/1", Value: "1"}:             wire.CodeTooLarge,
		{Name: "client/font", Value: "x"}:                wire.CodeTooLarge,
		{Name: "client/theme", Value: "dark"}:            "",
		{Name: "client/theme"}:                           "",
		{Name: "hide/ann~bob/1"}:                         "",
		{Name: wire.SettingBlock + "bob", Value: "1"}:    "",
		{Name: "notify/level/ann~bob", Value: "none"}:    wire.CodeTooLarge,
		{Name: wire.SettingLevel, Value: "none"}:         "",
		{Name: wire.SettingPerson + "bob", Value: "1"}:   "",
		{Name: wire.SettingContact + "bob", Value: "1"}:  "",
		{Name: wire.SettingMute + "ann~bob", Value: "0"}: "",
		{Name: wire.SettingTop + "ann~bob", Value: "1"}:  "",
		{Name: wire.SettingReceipts, Value: "off"}:       "",
		{Name: wire.SettingLastSeen, Value: "nobody"}:    "",
	} {
		_, err := Decide(nil, "~ann", "ann", cmd, full)
		if e, _ := errors.AsType[*wire.Error](err); want == "" && err != nil || want != "" && (e == nil || e.Code != want) {
			t.Errorf("%s=%s: %v, want %q", cmd.Name, cmd.Value, err, want)
		}
	}
}

func TestBlocked(t *testing.T) {
	st := Apply(nil, "ann~bob", 1, &wire.Record{Kind: wire.KindMeta, Sender: "ann", Meta: &wire.Meta{
		Action: wire.ActionCreated, Kind: wire.Direct, Members: []string{"ann", "bob"},
	}})
	said := &Message{Seq: 1, Sender: "ann", Content: &wire.Content{Text: "x"}}
	st = Apply(st, "ann~bob", 2, &wire.Record{Kind: wire.KindMessage, Sender: "ann", Seq: 1, Content: said.Content})
	e := env(600)
	e.Message = func(uint64) (*Message, error) { return said, nil }
	e.Blocked = func(by, of string) bool { return by == "bob" && of == "ann" }
	refused := map[string]wire.Command{
		"send": wire.Send{Content: wire.Content{Text: "hello"}}, "edit": wire.Edit{Seq: 1, Content: wire.Content{Text: "y"}},
		"react": wire.React{Seq: 1, Emoji: "👍"}, "pin": wire.Pin{Seq: 1},
	}
	for _, user := range []string{"ann", "bob"} {
		for name, cmd := range refused {
			if _, err := Decide(st, "ann~bob", user, cmd, e); !errors.Is(err, wire.Errorf(wire.CodeForbidden, "")) {
				t.Errorf("%s by %s: %v", name, user, err)
			}
		}
	}
	if _, err := Decide(nil, "ann~bob", "ann", refused["send"], e); !errors.Is(err, wire.Errorf(wire.CodeForbidden, "")) {
		t.Errorf("the first message: %v", err)
	}
	if events, err := Decide(st, "ann~bob", "ann", wire.Delete{Seq: 1}, e); err != nil || len(events) != 1 {
		t.Errorf("taking one's own back: %v, %v", events, err)
	}
}

package channel

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"natterjack/server/wire"
)

func TestApply(t *testing.T) {
	message := wire.Record{Sender: "bob", Seq: 5, Timestamp: 600}
	created := wire.Record{Sender: "eve", Timestamp: 600, Meta: &wire.Meta{
		Action: wire.ActionCreated, Kind: wire.Group, Name: "n", Members: []string{"eve", "bob", "eve"},
	}}
	moved := *direct
	moved.Head = Head{Version: 1, Seq: 4, Pos: 10, Active: 600}
	older := moved
	older.Said, older.SaidAt = 600, 10
	spoken := older
	spoken.Seq = 5
	for _, c := range []struct {
		name   string
		st     *State
		kind   wire.Kind
		record wire.Record
		want   *State
	}{
		{"a message", direct, wire.KindMessage, message, &spoken},
		{"an older message", direct, wire.KindMessage, wire.Record{Seq: 3, Timestamp: 600}, &older},
		{"an older time", direct, wire.KindMessage, wire.Record{Seq: 5, Timestamp: 400}, &State{
			ID: direct.ID, Kind: direct.Kind, Creator: direct.Creator, Created: direct.Created, Members: direct.Members,
			Head: Head{Version: 1, Seq: 5, Pos: 10, Active: 400, Said: 400, SaidAt: 10},
		}},
		{"a creation", nil, wire.KindMeta, created, &State{
			ID: direct.ID, Kind: wire.Group, Name: "n", Creator: "eve", Created: 600, Members: []string{"bob", "eve"},
			Roles: "mo", Since: []uint64{0, 0}, Origin: origin("n", []string{"bob", "eve"}),
			Head: Head{Version: 1, Pos: 10, Active: 600},
		}},
		{"a second creation", direct, wire.KindMeta, created, &moved},
		{"a creation after what nobody could read", unborn, wire.KindMeta, created, &State{
			ID: direct.ID, Kind: wire.Group, Name: "n", Creator: "eve", Created: 600, Members: []string{"bob", "eve"},
			Roles: "mo", Since: []uint64{2, 2}, Origin: origin("n", []string{"bob", "eve"}),
			Head: Head{Version: 1, Seq: 2, Pos: 10, Active: 600},
		}},
		{"an action of a newer node", direct, wire.KindMeta, wire.Record{Timestamp: 600, Meta: &wire.Meta{Action: "renamed", Name: "x"}}, &moved},
		{"meta without meta", direct, wire.KindMeta, wire.Record{Timestamp: 600}, &moved},
		{"a kind of a newer node", direct, "sneeze", wire.Record{Seq: 9, Timestamp: 600}, &moved},
		{"the first of a newer node", nil, "sneeze", wire.Record{Timestamp: 600}, &State{ID: direct.ID, Head: Head{Version: 1, Pos: 10, Active: 600}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var before State
			if c.st != nil {
				before = *c.st
			}
			c.record.Kind = c.kind
			got := Apply(c.st, direct.ID, 10, &c.record)
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("state (-want +got):\n%s", diff)
			}
			if c.st != nil && !cmp.Equal(before, *c.st) {
				t.Error("the state before was written to")
			}
		})
	}
}

func TestMember(t *testing.T) {
	for user, want := range map[string]bool{"ann": true, "bob": true, "an": false, "": false, "cem": false} {
		if got := direct.Member(user); got != want {
			t.Errorf("member %q: %v", user, got)
		}
	}
	if (*State)(nil).Member("ann") || (*State)(nil).Exists() {
		t.Error("no channel has members")
	}
}

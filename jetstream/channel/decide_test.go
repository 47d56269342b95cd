package channel

import (
	"fmt"
	"strings"
	"testing"

	"natterjack/server/wire"
)

// env returns an Env that gives ids 1, 2, 3 …
func env(now int64) Env {
	n := 0
	return Env{Now: now, MaxMembers: 3, NewID: func() string { n++; return fmt.Sprint(n) }}
}

var (
	direct = &State{
		ID: "ann~bob", Kind: wire.Direct, Creator: "ann", Created: 100, Members: []string{"ann", "bob"},
		Head: Head{Seq: 4, Pos: 9, Active: 500},
	}
	group = &State{
		ID: GroupID("ann", "c"), Kind: wire.Group, Name: "toads", Creator: "ann", Created: 100, Members: []string{"ann", "bob", "cem"},
		Roles: "omm", Since: []uint64{0, 0, 0}, Origin: origin("toads", []string{"ann", "bob", "cem"}),
		Head: Head{Pos: 3, Active: 100},
	}
	// unborn is a channel whose log holds only events that this version cannot read.
	unborn = &State{ID: "ann~bob", Head: Head{Seq: 2, Pos: 7, Active: 500}}
)

func opened(id, sender string, now int64, members ...string) wire.Record {
	return wire.Record{
		Kind: wire.KindMeta,
		ID:   id, Sender: sender, Timestamp: now, Meta: &wire.Meta{Action: wire.ActionCreated, Kind: wire.Direct, Members: members},
	}
}

func said(id, sender string, seq uint64, now int64) wire.Record {
	return wire.Record{
		Kind: wire.KindMessage,
		ID:   id, ClientID: "c", Sender: sender, Seq: seq, Timestamp: now, Content: &wire.Content{Text: "hello"},
	}
}

func TestSend(t *testing.T) {
	for _, c := range []struct {
		name    string
		st      *State
		channel string
		sender  string
		now     int64
		want    []wire.Record
		err     wire.Code
	}{
		{"a message", direct, "ann~bob", "ann", 600, []wire.Record{said("1", "ann", 5, 600)}, ""},
		{"the other's", direct, "ann~bob", "bob", 600, []wire.Record{said("1", "bob", 5, 600)}, ""},
		{"after the clock stepped back", direct, "ann~bob", "ann", 400, []wire.Record{said("1", "ann", 5, 500)}, ""},
		{"a group's first", group, group.ID, "cem", 600, []wire.Record{said("1", "cem", 1, 600)}, ""},
		{"opens a direct channel", nil, "ann~bob", "bob", 600, []wire.Record{opened("1", "bob", 600, "ann", "bob"), said("2", "bob", 1, 600)}, ""},
		{"to oneself", nil, "ann~ann", "ann", 600, []wire.Record{opened("1", "ann", 600, "ann"), said("2", "ann", 1, 600)}, ""},
		{"opens what others' events stand in", unborn, "ann~bob", "ann", 400, []wire.Record{opened("1", "ann", 500, "ann", "bob"), said("2", "ann", 3, 500)}, ""},
		{"not a member", direct, "ann~bob", "eve", 600, nil, wire.CodeForbidden},
		{"not a member of what is not there yet", nil, "ann~bob", "eve", 600, nil, wire.CodeForbidden},
		{"a member's name begins like one's own", direct, "ann~bob", "an", 600, nil, wire.CodeForbidden},
		{"no such group", nil, GroupID("ann", "x"), "ann", 600, nil, wire.CodeForbidden},
		{"a group nobody created", &State{ID: group.ID, Head: Head{Pos: 3}}, group.ID, "ann", 600, nil, wire.CodeForbidden},
		{"a direct channel by its other name", nil, "bob~ann", "ann", 600, nil, wire.CodeForbidden},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := Decide(c.st, c.channel, c.sender, wire.Send{ClientID: "c", Content: wire.Content{Text: "hello"}}, env(c.now))
			check(t, got, c.want, err, c.err)
		})
	}
}

func TestCreate(t *testing.T) {
	created := func(now int64, members ...string) []wire.Record {
		return []wire.Record{{
			Kind: wire.KindMeta,
			ID:   "1", ClientID: "c", Sender: "ann", Timestamp: now,
			Meta: &wire.Meta{Action: wire.ActionCreated, Kind: wire.Group, Name: "toads", Members: members},
		}}
	}
	changed, left := *group, *group
	changed.Name, changed.Members, changed.Roles = "frogs", []string{"ann", "dot"}, "om"
	left.Members, left.Roles = []string{"bob"}, "o"
	for _, c := range []struct {
		name    string
		st      *State
		group   string
		members []string
		want    []wire.Record
		err     wire.Code
	}{
		{"a group", nil, "toads", []string{"cem", "bob"}, created(600, "ann", "bob", "cem"), ""},
		{"with the creator named too", nil, "toads", []string{"cem", "ann", "cem", "bob"}, created(600, "ann", "bob", "cem"), ""},
		{"of oneself", nil, "toads", nil, created(600, "ann"), ""},
		{"where others' events stand", &State{Head: Head{Pos: 7, Active: 700}}, "toads", nil, created(700, "ann"), ""},
		{"of too many", nil, "toads", []string{"bob", "cem", "dot"}, nil, wire.CodeTooLarge},
		{"again", group, "toads", []string{"bob", "cem"}, nil, ""},
		{"again, in another order", group, "toads", []string{"cem", "bob", "ann"}, nil, ""},
		{"again, by what is the same name", group, " toads\u200b", []string{"bob", "cem"}, nil, ""},
		{"again, after it changed", &changed, "toads", []string{"bob", "cem"}, nil, ""},
		{"again, after one left it", &left, "toads", []string{"bob", "cem"}, nil, wire.CodeConflict},
		{"again, after it was deleted", &State{ID: group.ID, Kind: wire.Group, Deleted: true}, "toads", []string{"bob", "cem"}, nil, wire.CodeConflict},
		{"without a name", nil, "\u200b\u0301", nil, nil, wire.CodeInvalid},
		{"again, by another name", group, "frogs", []string{"bob", "cem"}, nil, wire.CodeConflict},
		{"again, with others", group, "toads", []string{"bob"}, nil, wire.CodeConflict},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := Decide(c.st, group.ID, "ann", wire.CreateGroup{ClientID: "c", Name: c.group, Members: c.members}, env(600))
			check(t, got, c.want, err, c.err)
		})
	}
}

func TestGroupID(t *testing.T) {
	if a, b := GroupID("ann", "1"), GroupID("ann", "1"); a != b {
		t.Errorf("%q and %q", a, b)
	}
	seen := map[string]string{}
	for _, c := range [][2]string{{"ann", "1"}, {"ann", "2"}, {"an", "n1"}, {"ann1", ""}, {"bob", "1"}, {"", "ann1"}} {
		id := GroupID(c[0], c[1])
		if other, ok := seen[id]; ok {
			t.Errorf("%q is of %s and of %s", id, c, other)
		}
		seen[id] = strings.Join(c[:], " ")
	}
}

func FuzzGroupID(f *testing.F) {
	f.Add("ann", "1")
	f.Add("", "")
	f.Add("a\x00b", "c")
	f.Fuzz(func(t *testing.T, creator, clientID string) {
		id := GroupID(creator, clientID)
		if !wire.ValidChannel(id) {
			t.Errorf("%q is not the id of a channel", id)
		}
		if _, _, direct := wire.DirectUsers(id); direct {
			t.Errorf("%q is taken for a direct channel", id)
		}
	})
}

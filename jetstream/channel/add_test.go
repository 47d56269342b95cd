package channel

import (
	"fmt"
	"testing"

	"natterjack/server/wire"
)

// TestAdd_whoLeft shows that no user can add a user who has left. The user comes back by an invite,
// or is let in after asking. A user who was removed can be added.
func TestAdd_whoLeft(t *testing.T) {
	add := wire.AddMembers{Members: []string{"bob", "dot"}}
	for name, c := range map[string]struct {
		before func(r *room)
		want   wire.Code
	}{
		"left":                 {func(r *room) { r.must(t, "bob", wire.Leave{}) }, wire.CodeForbidden},
		"was removed":          {func(r *room) { r.must(t, "ann", wire.RemoveMember{User: "bob"}) }, ""},
		"was banned, unbanned": {func(r *room) { r.must(t, "ann", wire.RemoveMember{User: "bob", Ban: true}, wire.Unban{User: "bob"}) }, ""},
		"left, and was banned and unbanned": {func(r *room) {
			r.must(t, "bob", wire.Leave{})
			r.must(t, "ann", wire.RemoveMember{User: "bob", Ban: true}, wire.Unban{User: "bob"})
		}, wire.CodeForbidden},
		"left and asks": {func(r *room) {
			r.must(t, "bob", wire.Leave{})
			r.must(t, "ann", wire.CreateInvite{Hash: hashOf(asking), Approval: true})
			r.must(t, "bob", wire.Join{Secret: asking})
		}, ""},
		"left, came back and was removed": {func(r *room) {
			r.must(t, "bob", wire.Leave{})
			r.must(t, "ann", wire.CreateInvite{Hash: hashOf(secret)})
			r.must(t, "bob", wire.Join{Secret: secret})
			r.must(t, "ann", wire.RemoveMember{User: "bob"})
		}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRoom(GroupID("ann", "1"))
			r.must(t, "ann", wire.CreateGroup{ClientID: "1", Name: "toads", Members: []string{"bob", "cem"}})
			c.before(r)
			_, err := r.try("ann", add)
			wantCode(t, err, c.want)
		})
	}
}

// TestAdd_blocked shows that a user who is blocked cannot reach the blocker by a group. The block
// does not work the other way round, or for other users.
func TestAdd_blocked(t *testing.T) {
	for blocks, want := range map[[2]string]wire.Code{
		{"bob", "ann"}: wire.CodeForbidden, {"ann", "bob"}: "", {"bob", "cem"}: "", {"cem", "ann"}: "", {"ann", "ann"}: "",
	} {
		t.Run(fmt.Sprint(blocks), func(t *testing.T) {
			r := newRoom(GroupID("ann", "1"))
			r.blocked = func(by, of string) bool { return [2]string{by, of} == blocks }
			create := wire.CreateGroup{ClientID: "1", Name: "toads", Members: []string{"bob"}}
			_, err := r.try("ann", create)
			wantCode(t, err, want)
			create.Members = nil
			r.must(t, "ann", create)
			_, err = r.try("ann", wire.AddMembers{Members: []string{"dot", "bob"}})
			wantCode(t, err, want)
			r.must(t, "ann", wire.CreateInvite{Hash: hashOf(asking), Approval: true})
			r.must(t, "bob", wire.Join{Secret: asking}) // a block does not keep a user from asking
			r.must(t, "ann", wire.AddMembers{Members: []string{"bob"}})
		})
	}
}

// TestAdd_groupsOfAUser shows in how many groups a user may be, by whichever way they come.
func TestAdd_groupsOfAUser(t *testing.T) {
	r := newRoom(GroupID("ann", "1"))
	r.must(t, "ann", wire.CreateGroup{ClientID: "1", Name: "toads"}, wire.CreateInvite{Hash: hashOf(secret)}, wire.CreateInvite{Hash: hashOf(asking), Approval: true})
	e := r.env()
	e.MaxGroups = 3
	e.Groups = func(user string) (int, error) { return map[string]int{"bob": 3, "cem": 2}[user], nil }
	for _, c := range []struct {
		user string
		cmd  wire.Command
		want wire.Code
	}{
		{"ann", wire.AddMembers{Members: []string{"cem"}}, ""},
		{"ann", wire.AddMembers{Members: []string{"cem", "bob"}}, wire.CodeTooLarge},
		{"cem", wire.Join{Secret: secret}, ""},
		{"bob", wire.Join{Secret: secret}, wire.CodeTooLarge},
		{"bob", wire.Join{Secret: asking}, wire.CodeTooLarge},
	} {
		_, err := Decide(r.st, r.id, c.user, c.cmd, e)
		wantCode(t, err, c.want)
	}
	for user, members := range map[string][]string{"bob": nil, "ann": {"bob"}} {
		_, err := Decide(nil, GroupID(user, "2"), user, wire.CreateGroup{ClientID: "2", Name: "frogs", Members: members}, e)
		wantCode(t, err, wire.CodeTooLarge)
	}
}

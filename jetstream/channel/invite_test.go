package channel

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"natterjack/server/wire"
)

// invited returns a group of ann with an invite.
func invited(t *testing.T, c wire.CreateInvite) *room {
	t.Helper()
	r := newRoom(GroupID("ann", "1"))
	c.Hash = hashOf(secret)
	r.must(t, "ann", wire.CreateGroup{Name: "toads"}, c)
	return r
}

func TestInvite_expires(t *testing.T) {
	r := invited(t, wire.CreateInvite{ExpiresS: 10})
	r.now += 9_999
	r.must(t, "bob", wire.Join{Secret: secret})
	r.now++
	if _, err := r.try("cem", wire.Join{Secret: secret}); err == nil || err.Error() != notInvited().Error() {
		t.Errorf("after it expired: %v", err)
	}
	if events, err := r.try("bob", wire.Join{Secret: secret}); err != nil || len(events) > 0 {
		t.Errorf("who has come in: %v, %v", events, err)
	}
	r.must(t, "ann", wire.CreateInvite{Hash: hashOf(secret), ExpiresS: 10})
	r.must(t, "cem", wire.Join{Secret: secret})
}

func TestInvite_isUsedUp(t *testing.T) {
	r := invited(t, wire.CreateInvite{Uses: 2})
	r.must(t, "bob", wire.Join{Secret: secret})
	for range 3 {
		if events, err := r.do("bob", wire.Join{Secret: secret}); err != nil || len(events) > 0 {
			t.Errorf("again: %v, %v", events, err)
		}
	}
	want := []wire.Invite{{Hash: hashOf(secret), Uses: 1}}
	if diff := cmp.Diff(want, r.st.Open(r.now, nil)); diff != "" {
		t.Errorf("invites (-want +got):\n%s", diff)
	}
	r.must(t, "cem", wire.Join{Secret: secret})
	if _, err := r.try("dot", wire.Join{Secret: secret}); err == nil || err.Error() != notInvited().Error() {
		t.Errorf("after it was used up: %v", err)
	}
	if len(r.st.Invites) > 0 {
		t.Errorf("%v stay", r.st.Invites)
	}
}

func TestInvite_approval(t *testing.T) {
	r := invited(t, wire.CreateInvite{Uses: 1, Approval: true})
	r.must(t, "bob", wire.Join{Secret: secret})
	if r.st.Member("bob") || len(r.st.Requested) != 1 {
		t.Fatalf("members %v, requested %v", r.st.Members, r.st.Requested)
	}
	if events, err := r.try("bob", wire.Join{Secret: secret}); err != nil || len(events) > 0 {
		t.Errorf("again, though it is used up: %v, %v", events, err)
	}
	if _, err := r.try("bob", say("x")); err == nil || err.Error() != Forbidden().Error() {
		t.Errorf("who waits speaks: %v", err)
	}
	r.must(t, "ann", wire.RemoveMember{User: "bob"})
	if _, err := r.try("bob", wire.Join{Secret: secret}); err == nil || err.Error() != notInvited().Error() {
		t.Errorf("refused, by an invite that is used up: %v", err)
	}
	r.must(t, "ann", wire.CreateInvite{Hash: hashOf(secret), Approval: true})
	r.must(t, "bob", wire.Join{Secret: secret})
	r.must(t, "ann", wire.AddMembers{Members: []string{"bob"}})
	if r.st.Role("bob") != wire.RoleMember || len(r.st.Requested) > 0 {
		t.Errorf("members %v, requested %v", r.st.Members, r.st.Requested)
	}
}

// TestInvite_letsInWhoWaits shows that a user who waits for approval by one invite gets in at
// once by another that needs none.
func TestInvite_letsInWhoWaits(t *testing.T) {
	r := invited(t, wire.CreateInvite{Approval: true})
	r.must(t, "bob", wire.Join{Secret: secret})
	r.must(t, "ann", wire.CreateInvite{Hash: hashOf(asking)})
	r.must(t, "bob", wire.Join{Secret: asking})
	if !r.st.Member("bob") || len(r.st.Requested) > 0 {
		t.Errorf("members %v, requested %v", r.st.Members, r.st.Requested)
	}
}

// TestInvite_secret shows that the log has only the hash, and that the hash opens nothing.
func TestInvite_secret(t *testing.T) {
	r := invited(t, wire.CreateInvite{})
	r.must(t, "bob", wire.Join{Secret: secret})
	for _, e := range r.log {
		record, err := wire.EncodeRecord(&e)
		if err != nil || strings.Contains(string(record), secret) {
			t.Errorf("%s, %v", record, err)
		}
	}
	if _, err := r.try("cem", wire.Join{Secret: hashOf(secret)}); err == nil {
		t.Error("the hash opens the group")
	}
	// SHA-256 of the ASCII digits, as sha256sum prints it.
	if got := hashOf("0123456789"); got != "84d89877f0d4041efb6bf91a16f0248f2fd573e6af05c19f96bedb9f882f7882" {
		t.Errorf("hash %s", got)
	}
}

// TestInvite_ofFormerMembers shows that a member who left may come back by an invite, and a member
// who was removed may not, until an admin adds them. A user whose request was refused was no
// member, and may ask again.
func TestInvite_ofFormerMembers(t *testing.T) {
	r := invited(t, wire.CreateInvite{})
	r.must(t, "bob", wire.Join{Secret: secret}, wire.Leave{}, wire.Join{Secret: secret})
	r.must(t, "ann", wire.RemoveMember{User: "bob"})
	refused := func(why string) {
		t.Helper()
		if _, err := r.try("bob", wire.Join{Secret: secret}); err == nil || err.Error() != notInvited().Error() {
			t.Errorf("%s: %v", why, err)
		}
	}
	refused("removed")
	r.must(t, "ann", wire.CreateInvite{Hash: hashOf(secret), Uses: 5})
	refused("removed, and the invite was changed")
	r.must(t, "ann", wire.AddMembers{Members: []string{"bob"}})
	r.must(t, "bob", wire.Leave{}, wire.Join{Secret: secret})
	r.must(t, "ann", wire.RemoveMember{User: "bob", Ban: true}, wire.Unban{User: "bob"})
	r.must(t, "bob", wire.Join{Secret: secret})
	if len(r.st.Removed) > 0 {
		t.Errorf("%v count as removed", r.st.Removed)
	}
}

func TestRemoved_isBounded(t *testing.T) {
	st := &State{ID: "g", Kind: wire.Group}
	for i := range 3 * maxRemoved {
		user := []string{fmt.Sprint("u", i)}
		for _, action := range []wire.Action{wire.ActionAdded, wire.ActionRemoved} {
			st = Apply(st, "g", uint64(2*i+1), &wire.Record{Kind: wire.KindMeta, Meta: &wire.Meta{Action: action, Members: user}})
		}
	}
	if n := len(st.Removed); n != maxRemoved || st.Removed[n-1] != fmt.Sprint("u", 3*maxRemoved-1) {
		t.Errorf("%d are remembered, the last is %s", n, st.Removed[n-1])
	}
}

// TestBan_dropsTheRequest shows that a ban drops a request to join, and makes the invite
// useless to the user until the ban is lifted.
func TestBan_dropsTheRequest(t *testing.T) {
	r := invited(t, wire.CreateInvite{Approval: true})
	r.must(t, "bob", wire.Join{Secret: secret})
	r.must(t, "ann", wire.RemoveMember{User: "bob", Ban: true})
	if len(r.st.Requested) > 0 {
		t.Errorf("%v wait", r.st.Requested)
	}
	if _, err := r.try("bob", wire.Join{Secret: secret}); err == nil || err.Error() != notInvited().Error() {
		t.Errorf("banned: %v", err)
	}
	r.must(t, "ann", wire.Unban{User: "bob"})
	r.must(t, "bob", wire.Join{Secret: secret})
}

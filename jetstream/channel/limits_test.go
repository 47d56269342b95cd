package channel

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"natterjack/server/wire"
)

// TestLimits shows that one more than the limit is refused, that adding an existing element is
// not, and that removing one makes room for another.
func TestLimits(t *testing.T) {
	user := func(i int) string { return fmt.Sprint("u", i) }
	secretOf := func(i int) string { return fmt.Sprintf("%022d", i) }
	for name, c := range map[string]struct {
		most int
		by   string // "" if each has a user of its own
		one  func(i int) wire.Command
		room wire.Command
	}{
		"members by an invite": {
			19, "", func(int) wire.Command { return wire.Join{Secret: secret} }, wire.RemoveMember{User: "u3"}, // and the owner
		},
		"members by an admin": {
			19, "ann", func(i int) wire.Command { return wire.AddMembers{Members: []string{user(i)}} }, wire.RemoveMember{User: "u3"},
		},
		"who asked": {
			MaxRequested, "", func(int) wire.Command { return wire.Join{Secret: asking} }, wire.RemoveMember{User: "u3"},
		},
		"bans": {
			MaxBanned, "ann", func(i int) wire.Command { return wire.RemoveMember{User: user(i), Ban: true} }, wire.Unban{User: "u3"},
		},
		"invites": { // the fixture has two
			MaxInvites - 2, "ann", func(i int) wire.Command { return wire.CreateInvite{Hash: hashOf(secretOf(i))} }, wire.RevokeInvite{Hash: hashOf(secret)},
		},
		"pins": {
			MaxPins, "ann", func(i int) wire.Command { return wire.Pin{Seq: uint64(i + 1)} }, wire.Delete{Seq: 3},
		},
		"emoji": {
			MaxEmoji, "ann", func(i int) wire.Command { return wire.React{Seq: 1, Emoji: string(rune(0x1F400 + i))} },
			wire.React{Seq: 1, Emoji: string(rune(0x1F400 + 3)), Remove: true},
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRoom(GroupID("ann", "1"))
			r.must(t, "ann", wire.CreateGroup{Name: "toads"})
			r.must(t, "ann", wire.CreateInvite{Hash: hashOf(secret)}, wire.CreateInvite{Hash: hashOf(asking), Approval: true})
			for range MaxPins + 1 {
				r.must(t, "ann", say("x"))
			}
			by := func(i int) string {
				if c.by == "" {
					return user(i)
				}
				return c.by
			}
			for i := range c.most {
				r.must(t, by(i), c.one(i))
			}
			_, err := r.try(by(c.most), c.one(c.most))
			wantCode(t, err, wire.CodeTooLarge)
			if events, err := r.try(by(0), c.one(0)); err != nil || len(events) > 0 {
				t.Errorf("again: %d events, %v", len(events), err)
			}
			r.must(t, "ann", c.room)
			r.must(t, by(c.most), c.one(c.most))
		})
	}
}

// TestLimits_invites shows that expired invites do not count and are dropped.
func TestLimits_invites(t *testing.T) {
	r := newRoom(GroupID("ann", "1"))
	r.must(t, "ann", wire.CreateGroup{Name: "toads"})
	for i := range MaxInvites {
		r.must(t, "ann", wire.CreateInvite{Hash: fmt.Sprintf("%064d", i), ExpiresS: 10})
	}
	renew := wire.CreateInvite{Hash: fmt.Sprintf("%064d", 3), ExpiresS: 20}
	r.must(t, "ann", renew)
	r.now += 10_000
	for i := range MaxInvites - 1 {
		r.must(t, "ann", wire.CreateInvite{Hash: fmt.Sprintf("%064d", 100+i)})
	}
	if len(r.st.Invites) != MaxInvites {
		t.Errorf("%d invites", len(r.st.Invites))
	}
	_, err := r.try("ann", wire.CreateInvite{Hash: strings.Repeat("f", 64)})
	wantCode(t, err, wire.CodeTooLarge)
	// An expired invite counts as none: it must not push the others over the limit.
	r.now += 10_000
	r.must(t, "ann", wire.CreateInvite{Hash: strings.Repeat("e", 64)})
	_, err = r.try("ann", renew)
	wantCode(t, err, wire.CodeTooLarge)
}

func TestLimits_addedAtOnce(t *testing.T) {
	r := newRoom(GroupID("ann", "1"))
	r.most = 4
	r.must(t, "ann", wire.CreateGroup{Name: "toads", Members: []string{"bob"}})
	_, err := r.try("ann", wire.AddMembers{Members: []string{"bob", "cem", "dot", "eve"}})
	wantCode(t, err, wire.CodeTooLarge)
	r.must(t, "ann", wire.AddMembers{Members: []string{"dot", "bob", "cem", "dot"}})
	if got := strings.Join(r.st.Members, " ") + " " + r.st.Roles; got != "ann bob cem dot ommm" {
		t.Errorf("members %s", got)
	}
	if got := r.log[1].Meta.Members; strings.Join(got, " ") != "cem dot" {
		t.Errorf("the event says %v", got)
	}
}

// TestLimits_edits edits a message as often as is allowed, and once more. A change to the same text
// is no edit. A deleted message and another one do not count.
func TestLimits_edits(t *testing.T) {
	r := newRoom(wire.DirectChannel("ann", "bob"))
	r.edits = 3
	r.must(t, "ann", say("0"), say("0"))
	edit := func(seq uint64, s string) wire.Edit { return wire.Edit{Seq: seq, Content: wire.Content{Text: s}} }
	for i := 1; i <= r.edits; i++ {
		r.must(t, "ann", edit(1, fmt.Sprint(i)))
	}
	if _, err := r.do("ann", edit(1, "one more")); !errors.Is(err, &wire.Error{Code: wire.CodeTooLarge}) || !strings.Contains(err.Error(), "edited 3 times") {
		t.Errorf("one more edit: %v", err)
	}
	if events, err := r.do("ann", edit(1, "3")); err != nil || len(events) > 0 {
		t.Errorf("an edit that changes nothing: %v, %v", events, err)
	}
	if got := r.messages[1].Edits; got != 3 {
		t.Errorf("%d edits are counted", got)
	}
	r.must(t, "ann", edit(2, "1"), wire.Delete{Seq: 1})
	if got := r.messages[1].Edits; got != 0 {
		t.Errorf("%d edits of a deleted message", got)
	}
}

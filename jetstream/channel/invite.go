package channel

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"slices"

	"natterjack/server/wire"
)

// createInvite makes or changes an invite. If an equal invite without expiry exists, there is
// nothing to do. An equal invite with an expiry is renewed.
func (a *act) createInvite(c wire.CreateInvite) ([]wire.Record, error) {
	now := a.clock()
	next := inviteOf(&c, now)
	if before := a.st.invite(c.Hash); before != nil && *before == next {
		return nil, nil
	}
	good := unexpired(a.st.Invites, now)
	if _, found := findInvite(good, c.Hash); !found && len(good) >= MaxInvites {
		return nil, tooMany("hash: invites of a group", MaxInvites)
	}
	return a.meta(wire.Meta{Action: wire.ActionInvited, Invite: &next}), nil
}

// inviteOf returns the invite that a command makes when it is carried out at now.
func inviteOf(c *wire.CreateInvite, now int64) wire.Invite {
	i := wire.Invite{Hash: c.Hash, Uses: c.Uses, Approval: c.Approval}
	if c.ExpiresS > 0 {
		i.Expires = now + int64(c.ExpiresS)*1000
	}
	return i
}

func (a *act) revokeInvite(c wire.RevokeInvite) ([]wire.Record, error) {
	if a.st.invite(c.Hash) == nil {
		return nil, nil
	}
	return a.meta(wire.Meta{Action: wire.ActionInviteRevoked, Invite: &wire.Invite{Hash: c.Hash}}), nil
}

// join uses an invite: its event names the invite and costs it one use. For a user who is
// already a member, or who has already asked, there is nothing to do, and the invite is not
// used up. That a group is full or archived is told only to users with a valid secret.
func (a *act) join(c wire.Join) ([]wire.Record, error) {
	if a.st.Exists() && a.st.Member(a.user) {
		if a.st.Kind != wire.Group {
			return nil, groupsOnly()
		}
		return nil, nil
	}
	invite := a.invited(c.Secret)
	switch {
	case a.asked() && (invite == nil || invite.Approval):
		return nil, nil
	case invite == nil:
		return nil, notInvited()
	case a.st.Archived:
		return nil, archived()
	case invite.Approval && len(a.st.Requested) >= MaxRequested:
		return nil, tooMany("channel: users who wait to join", MaxRequested)
	case !invite.Approval && a.full(1):
		return nil, tooMany("channel: members", a.env.MaxMembers)
	}
	events := a.moves(wire.ActionJoined, a.user)
	if invite.Approval {
		events = a.about(wire.ActionRequested, a.user)
	}
	events[0].Meta.Invite = &wire.Invite{Hash: invite.Hash}
	return events, nil
}

// asked reports whether the user has asked to join and is waiting.
func (a *act) asked() bool {
	if !a.st.Exists() {
		return false
	}
	_, found := slices.BinarySearch(a.st.Requested, a.user)
	return found
}

// invited returns the invite that a secret opens to the user now, or nil. An invite opens to a
// member who left, but not to one who was removed. The removed member still has the link, and
// would be back at once. They come back when an admin adds them.
func (a *act) invited(secret string) *wire.Invite {
	if !a.st.Exists() || a.st.banned(a.user) || slices.Contains(a.st.Removed, a.user) {
		return nil
	}
	invite := a.st.invite(hashOf(secret))
	if invite == nil || expired(invite, a.clock()) {
		return nil
	}
	return invite
}

// hashOf returns the hash of a secret, which is all that the log knows of it.
func hashOf(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}

func expired(i *wire.Invite, now int64) bool { return i.Expires != 0 && i.Expires <= now }

// unexpired returns a new slice of the invites that are still valid.
func unexpired(invites []wire.Invite, now int64) []wire.Invite {
	return orNil(slices.DeleteFunc(slices.Clone(invites), func(i wire.Invite) bool { return expired(&i, now) }))
}

// invite returns the invite with a hash, expired or not, or nil if there is none.
func (s *State) invite(hash string) *wire.Invite {
	at, found := findInvite(s.Invites, hash)
	if !found {
		return nil
	}
	return &s.Invites[at]
}

func findInvite(invites []wire.Invite, hash string) (int, bool) {
	return slices.BinarySearchFunc(invites, hash, func(i wire.Invite, hash string) int { return cmp.Compare(i.Hash, hash) })
}

// withInvite returns the state's invites after one was made or changed. It drops expired
// invites, which nobody can use.
func (s *State) withInvite(i wire.Invite, now int64) []wire.Invite {
	next := unexpired(s.withoutInvite(i.Hash), now)
	at, _ := findInvite(next, i.Hash)
	return slices.Insert(next, at, i)
}

func (s *State) withoutInvite(hash string) []wire.Invite {
	at, found := findInvite(s.Invites, hash)
	if !found {
		return s.Invites
	}
	return orNil(slices.Delete(slices.Clone(s.Invites), at, at+1))
}

// spendInvite returns the state's invites after one more use of one of them.
func (s *State) spendInvite(hash string) []wire.Invite {
	at, found := findInvite(s.Invites, hash)
	switch {
	case !found || s.Invites[at].Uses == 0:
		return s.Invites
	case s.Invites[at].Uses == 1:
		return s.withoutInvite(hash)
	}
	next := slices.Clone(s.Invites)
	next[at].Uses--
	return next
}

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
	next := inviteOf(&c, a.now())
	if before := a.st.invite(c.Hash); before != nil && before.Invite == next {
		return nil, nil
	}
	good := a.unexpired()
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
	if err := a.roomIn(a.user); err != nil {
		return nil, err
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
	_, asked := a.st.Request(a.user)
	return asked
}

// Request returns the client id by which a user has asked to join, and whether the user has
// asked and is waiting.
func (s *State) Request(user string) (clientID string, asked bool) {
	if !s.Exists() {
		return "", false
	}
	at, asked := slices.BinarySearch(s.Requested, user)
	if !asked {
		return "", false
	}
	return s.Asked[at], true
}

// invited returns the invite that a secret opens to the user now, or nil. An invite opens to a
// member who left, but not to one who was removed. The removed member still has the link, and
// would be back at once. They come back when an admin adds them.
func (a *act) invited(secret string) *wire.Invite {
	if !a.st.Exists() || a.st.banned(a.user) || slices.Contains(a.st.Removed, a.user) {
		return nil
	}
	invite := a.st.invite(SecretHash(secret))
	if invite == nil || a.expired(invite) {
		return nil
	}
	return &invite.Invite
}

// SecretHash returns the hash of a secret, which is all that the log knows of it.
func SecretHash(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}

// Invite is an invite with the time at which it was made, or made anew, and the position of the
// event that did so. The position is 0 where the event is not stored yet.
type Invite struct {
	wire.Invite
	Made int64 // Unix milliseconds
	Pos  uint64
}

// ends returns when an invite expires, or 0 for never. An invite that was made while a clock was
// ahead is good for as long as it should have been.
func (a *act) ends(i *Invite) int64 {
	if i.Expires == 0 || i.Pos == 0 || a.env.Dated == nil {
		return i.Expires
	}
	return i.Expires - (i.Made - a.env.Dated(i.Pos, i.Made))
}

// expired reports whether an invite has ended by the time of the next event.
func (a *act) expired(i *Invite) bool {
	ends := a.ends(i)
	return ends != 0 && ends <= a.now()
}

// unexpired returns a new slice of the invites that are still valid.
func (a *act) unexpired() []Invite {
	return slices.DeleteFunc(slices.Clone(a.st.Invites), func(i Invite) bool { return a.expired(&i) })
}

// invite returns the invite with a hash, expired or not, or nil if there is none.
func (s *State) invite(hash string) *Invite {
	at, found := findInvite(s.Invites, hash)
	if !found {
		return nil
	}
	return &s.Invites[at]
}

func findInvite(invites []Invite, hash string) (int, bool) {
	return slices.BinarySearchFunc(invites, hash, func(i Invite, hash string) int { return cmp.Compare(i.Hash, hash) })
}

// withInvite returns the state's invites after one was made or changed. Expired invites are dropped
// only to make room, and in the order in which they ended: the clock by which they have ended may
// be ahead.
func (s *State) withInvite(i Invite) []Invite {
	next := slices.Clone(s.withoutInvite(i.Hash))
	if len(next) >= MaxInvites {
		// An invite without expiry comes last.
		first := slices.MinFunc(next, func(a, b Invite) int { return cmp.Compare(uint64(a.Expires-1), uint64(b.Expires-1)) })
		next = slices.DeleteFunc(next, func(old Invite) bool { return old.Hash == first.Hash })
	}
	at, _ := findInvite(next, i.Hash)
	return slices.Insert(next, at, i)
}

// Open returns the invites that work now, as they are shown. Dated is the function of [Env].
func (s *State) Open(now int64, dated func(pos uint64, at int64) int64) []wire.Invite {
	a := &act{st: s, env: Env{Now: now, Dated: dated}}
	var open []wire.Invite
	for _, i := range s.Invites {
		if !a.expired(&i) {
			i.Expires = a.ends(&i)
			open = append(open, i.Invite)
		}
	}
	return open
}

func (s *State) withoutInvite(hash string) []Invite {
	at, found := findInvite(s.Invites, hash)
	if !found {
		return s.Invites
	}
	return orNil(slices.Delete(slices.Clone(s.Invites), at, at+1))
}

// spendInvite returns the state's invites after one more use of one of them.
func (s *State) spendInvite(hash string) []Invite {
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

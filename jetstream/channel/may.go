package channel

import (
	"natterjack/server/wire"
)

// rule says which role a command requires of its user. It is checked first.
type rule struct {
	// The lowest role in a group. In a direct channel both users may do everything that can be
	// done there.
	role     wire.Role
	group    bool // only for groups
	archived bool // also allowed in an archived group
}

// rules has a rule for every command that a member gives. An archived group takes nothing new.
// Commands that remove something stay allowed, so that an archive can still be cleaned up,
// left, transferred and reopened.
var rules = map[string]rule{
	wire.Send{}.Type():          {role: wire.RoleMember},
	wire.Edit{}.Type():          {role: wire.RoleMember},
	wire.React{}.Type():         {role: wire.RoleMember},
	wire.Pin{}.Type():           {role: wire.RoleAdmin},
	wire.Delete{}.Type():        {role: wire.RoleReader, archived: true}, // one's own; see erase for the messages of others
	wire.UpdateChannel{}.Type(): {role: wire.RoleAdmin, group: true, archived: true},
	wire.AddMembers{}.Type():    {role: wire.RoleAdmin, group: true},
	wire.RemoveMember{}.Type():  {role: wire.RoleAdmin, group: true, archived: true},
	wire.Unban{}.Type():         {role: wire.RoleAdmin, group: true, archived: true},
	wire.SetRole{}.Type():       {role: wire.RoleAdmin, group: true, archived: true},
	wire.Leave{}.Type():         {role: wire.RoleReader, group: true, archived: true},
	wire.CreateInvite{}.Type():  {role: wire.RoleAdmin, group: true},
	wire.RevokeInvite{}.Type():  {role: wire.RoleAdmin, group: true, archived: true},
	wire.DeleteChannel{}.Type(): {role: wire.RoleOwner, group: true, archived: true},
}

// may returns the error that keeps the user from a command, or nil. It denies by default: users who
// are not members learn nothing, and a command without a rule is refused.
func (a *act) may(cmd wire.Command) error {
	if !a.st.Exists() || !a.st.Member(a.user) {
		return Forbidden()
	}
	r, ok := rules[cmd.Type()]
	switch {
	case !ok, a.st.Kind != wire.Direct && a.st.Kind != wire.Group: // own settings, or a newer node's
		return unsupported(cmd)
	case a.st.Kind == wire.Direct && r.group:
		return groupsOnly()
	case a.st.Kind == wire.Direct && !r.archived: // commands that add something
		return a.unblocked()
	case a.st.Kind == wire.Direct:
		return nil
	case rank(a.st.Role(a.user)) < rank(r.role):
		return lacking(r.role)
	case a.st.Archived && !r.archived:
		return archived()
	}
	return nil
}

// MayPost returns why a message of a user would be refused in the channel with an id, or nil. Slow
// mode does not count: the user may prepare a message while they wait. A direct channel need not
// exist yet, since the first message makes it. Blocked is the function of [Env].
func MayPost(st *State, channel, user string, blocked func(by, of string) bool) error {
	a := &act{st: st, channel: channel, user: user, env: Env{NewID: func() string { return "" }, Blocked: blocked}}
	a.open()
	return a.may(wire.Send{})
}

// below reports whether another user's role in the group is lower than the acting user's. A user
// who is not a member is lower. Moderation only works downwards, also for messages of others: users
// of the same role cannot undo each other's actions, and no user can act against the owner.
func (a *act) below(user string) bool {
	return rank(a.st.Role(user)) < rank(a.st.Role(a.user))
}

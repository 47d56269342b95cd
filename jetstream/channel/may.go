package channel

import (
	"natterjack/server/wire"
)

// rule is what a command asks of whoever gives it, before anything else is looked at.
type rule struct {
	role     wire.Role // in a group: this one or a higher. In a direct channel both may all that can be done there
	group    bool      // can only be done in a group
	archived bool      // can be done in an archived group too
}

// rules has every command that a member gives. An archived group takes nothing new; what takes something away stays allowed, so that
// an archive can still be cleaned up, left, handed on and opened again.
var rules = map[string]rule{
	wire.Send{}.Type():          {role: wire.RoleMember},
	wire.Edit{}.Type():          {role: wire.RoleMember},
	wire.React{}.Type():         {role: wire.RoleMember},
	wire.Pin{}.Type():           {role: wire.RoleAdmin},
	wire.Delete{}.Type():        {role: wire.RoleReader, archived: true}, // one's own; see erase for others'
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

// may says what keeps the user from a command. It denies first: who is not a member learns nothing else, and a command without a
// rule is nobody's.
func (a *act) may(cmd wire.Command) error {
	if !a.st.Exists() || !a.st.Member(a.user) {
		return Forbidden()
	}
	r, ok := rules[cmd.Type()]
	switch {
	case !ok, a.st.Kind != wire.Direct && a.st.Kind != wire.Group: // one's own settings, or a newer node's
		return unsupported(cmd)
	case a.st.Kind == wire.Direct && r.group:
		return groupsOnly()
	case a.st.Kind == wire.Direct && !r.archived: // what adds something
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

// below reports whether another user's role in the group is lower than the acting one's; so is that of whoever is not a member.
// Moderation reaches down only, to the messages of others too: equals do not undo each other, and nobody touches the owner.
func (a *act) below(user string) bool {
	return rank(a.st.Role(user)) < rank(a.st.Role(a.user))
}

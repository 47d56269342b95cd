package wire

import "strconv"

// memberOperations change the members of a group.
var memberOperations = []*Operation{
	change[AddMembers](),
	change[RemoveMember](),
	change[Unban](),
	change[SetRole](),
	change[Leave](),
}

// Role is what a member may do in a group.
type Role string

// Valid reports whether r is a known role.
func (r Role) Valid() bool {
	switch r {
	case RoleOwner, RoleAdmin, RoleMember, RoleReader:
		return true
	default:
		return false
	}
}

// The roles, from the highest. Each role may do everything that the roles after it may do.
const (
	RoleOwner  Role = "owner"  // one in each group; may also transfer and delete the group
	RoleAdmin  Role = "admin"  // may also change members, settings and pins, and delete others' messages
	RoleMember Role = "member" // may also write
	RoleReader Role = "reader" // may read
)

// AddMembers adds users to a group. This also admits users who asked to join. Only admins and
// the owner may add members. A user who has blocked the caller cannot be added, nor can a user who
// has left the group: such a user comes back by an invite, or by asking to join.
type AddMembers struct {
	Ref
	Channel  string   `json:"channel"`
	Members  []string `json:"members"`
	ClientID string   `json:"client_id,omitzero"`
}

// Type implements [Command].
func (AddMembers) Type() string { return "add_members" }

// Validate implements [Command].
func (c AddMembers) Validate(l Limits) error {
	if err := validChange(c.Channel, c.ClientID); err != nil {
		return err
	}
	if len(c.Members) == 0 {
		return Errorf(CodeInvalid, "members: must name at least one user")
	}
	return validMembers(c.Members, l)
}

// Place implements [Change].
func (c AddMembers) Place(string) string { return c.Channel }

// Key implements [Change].
func (c AddMembers) Key() string { return c.ClientID }

// RemoveMember removes from a group a user whose role is below the caller's. With Ban, the user
// cannot come back by an invite. Removing a user who asked to join refuses the request.
type RemoveMember struct {
	Ref
	Channel  string `json:"channel"`
	User     string `json:"user"`
	Ban      bool   `json:"ban,omitzero"`
	ClientID string `json:"client_id,omitzero"`
}

// Type implements [Command].
func (RemoveMember) Type() string { return "remove_member" }

// Validate implements [Command].
func (c RemoveMember) Validate(Limits) error { return validUserChange(c.Channel, c.User, c.ClientID) }

// Place implements [Change].
func (c RemoveMember) Place(string) string { return c.Channel }

// Key implements [Change].
func (c RemoveMember) Key() string { return c.ClientID }

// Unban allows a banned user to be added, or to join, again.
type Unban struct {
	Ref
	Channel  string `json:"channel"`
	User     string `json:"user"`
	ClientID string `json:"client_id,omitzero"`
}

// Type implements [Command].
func (Unban) Type() string { return "unban" }

// Validate implements [Command].
func (c Unban) Validate(Limits) error { return validUserChange(c.Channel, c.User, c.ClientID) }

// Place implements [Change].
func (c Unban) Place(string) string { return c.Channel }

// Key implements [Change].
func (c Unban) Key() string { return c.ClientID }

// SetRole gives a member of a group another role. The owner may give any role; giving RoleOwner
// transfers the group and makes the caller an admin. An admin may give roles below the admin
// role to members below the admin role.
type SetRole struct {
	Ref
	Channel  string `json:"channel"`
	User     string `json:"user"`
	Role     Role   `json:"role"`
	ClientID string `json:"client_id,omitzero"`
}

// Type implements [Command].
func (SetRole) Type() string { return "set_role" }

// Validate implements [Command].
func (c SetRole) Validate(Limits) error {
	if !c.Role.Valid() {
		return Errorf(CodeInvalid, "role: must be owner, admin, member or reader")
	}
	return validUserChange(c.Channel, c.User, c.ClientID)
}

// Place implements [Change].
func (c SetRole) Place(string) string { return c.Channel }

// Key implements [Change].
func (c SetRole) Key() string { return c.ClientID }

// Leave takes the caller out of a group. An owner must transfer the group first, unless the
// owner is the only member: the group ends with its last member.
type Leave struct {
	Ref
	Channel  string `json:"channel"`
	ClientID string `json:"client_id,omitzero"`
}

// Type implements [Command].
func (Leave) Type() string { return "leave" }

// Validate implements [Command].
func (c Leave) Validate(Limits) error { return validChange(c.Channel, c.ClientID) }

// Place implements [Change].
func (c Leave) Place(string) string { return c.Channel }

// Key implements [Change].
func (c Leave) Key() string { return c.ClientID }

func validMembers(members []string, l Limits) error {
	if len(members) > l.GroupMembers {
		return Errorf(CodeTooLarge, "members: there are %d; at most %d are allowed", len(members), l.GroupMembers)
	}
	for i, m := range members {
		if !ValidUser(m) {
			return invalidUser("members." + strconv.Itoa(i))
		}
	}
	return nil
}

func validUserChange(channel, user, clientID string) error {
	if !ValidUser(user) {
		return invalidUser("user")
	}
	return validChange(channel, clientID)
}

package wire

// Change is a command that appends to the log of one channel. Its reply is an ack, and every
// member of the channel gets the event. A retry with the same Key is answered with the first
// ack. A command whose effect is already in place appends nothing and is acked.
type Change interface {
	Command
	// Place returns the channel whose log the command changes when user gives it.
	Place(user string) string
	// Key returns the client's own id for the command, or "" if the client gave none.
	Key() string
}

// messageOperations store and change messages.
var messageOperations = []*Operation{
	change[Send](),
	Row[Forward, Ack](ByAnybody, ForCommit),
	change[Edit](),
	change[Delete](),
	change[React](),
	change[Pin](),
}

// groupOperations make and change groups.
var groupOperations = []*Operation{
	Row[CreateGroup, Channel](ByAnybody, ForCommit),
	change[UpdateChannel](),
	change[AddMembers](),
	change[RemoveMember](),
	change[Unban](),
	change[SetRole](),
	change[Leave](),
	change[CreateInvite](),
	change[RevokeInvite](),
	change[Join](),
	change[DeleteChannel](),
}

// Forward sends the text of a message to another channel, under its sender's name, without its
// mentions and its reply. The caller must be able to read the message. Exactly one of Channel
// and To is set, as for [Send]. Forward is about two channels, so it is not a [Change], but it
// is answered like one.
type Forward struct {
	Ref
	Seen
	Channel  string     `json:"channel,omitzero"`
	To       string     `json:"to,omitzero"`
	ClientID string     `json:"client_id"`
	From     ChannelSeq `json:"from"`
}

// Edit replaces the content of a message. Only the sender of the message may edit it, and a
// forwarded message cannot be edited. Earlier versions stay readable.
type Edit struct {
	Ref
	Channel  string  `json:"channel"`
	Seq      uint64  `json:"seq"`
	ClientID string  `json:"client_id,omitzero"`
	Content  Content `json:"content"`
}

// Delete erases a message for everybody: from the log and from everything derived from it. A
// tombstone keeps its place. The sender of the message may delete it. In a group, admins and
// the owner may delete it too, if the sender's role is below theirs.
type Delete struct {
	Ref
	Channel  string `json:"channel"`
	Seq      uint64 `json:"seq"`
	ClientID string `json:"client_id,omitzero"`
}

// React adds one emoji of the caller to a message, or takes it back.
type React struct {
	Ref
	Channel  string `json:"channel"`
	Seq      uint64 `json:"seq"`
	Emoji    string `json:"emoji"`
	Remove   bool   `json:"remove,omitzero"`
	ClientID string `json:"client_id,omitzero"`
}

// Pin marks a message for everybody in the channel, or removes the mark. In a group, only
// admins and the owner may pin.
type Pin struct {
	Ref
	Channel  string `json:"channel"`
	Seq      uint64 `json:"seq"`
	Remove   bool   `json:"remove,omitzero"`
	ClientID string `json:"client_id,omitzero"`
}

// UpdateChannel changes those settings of a group that are set in the command. Only admins and
// the owner may change settings.
type UpdateChannel struct {
	Ref
	Channel   string  `json:"channel"`
	Name      *string `json:"name,omitzero"`
	Topic     *string `json:"topic,omitzero"`
	SlowModeS *int    `json:"slow_mode_s,omitzero"` // seconds between two messages of one member; 0 is off
	Archived  *bool   `json:"archived,omitzero"`    // nobody may write; all may read
	ClientID  string  `json:"client_id,omitzero"`
}

// AddMembers adds users to a group. This also admits users who asked to join. Only admins and
// the owner may add members.
type AddMembers struct {
	Ref
	Channel  string   `json:"channel"`
	Members  []string `json:"members"`
	ClientID string   `json:"client_id,omitzero"`
}

// RemoveMember removes from a group a user whose role is below the caller's. With Ban, the user
// cannot come back by an invite. Removing a user who asked to join refuses the request.
type RemoveMember struct {
	Ref
	Channel  string `json:"channel"`
	User     string `json:"user"`
	Ban      bool   `json:"ban,omitzero"`
	ClientID string `json:"client_id,omitzero"`
}

// Unban allows a banned user to be added, or to join, again.
type Unban struct {
	Ref
	Channel  string `json:"channel"`
	User     string `json:"user"`
	ClientID string `json:"client_id,omitzero"`
}

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

// Leave takes the caller out of a group. An owner must transfer the group first, unless the
// owner is the only member: the group ends with its last member.
type Leave struct {
	Ref
	Channel  string `json:"channel"`
	ClientID string `json:"client_id,omitzero"`
}

// CreateInvite lets users who know a secret join a group. The client makes the secret of at
// least 128 random bits and tells the server only its hash, so nothing in the log opens the
// group. If the invite already exists, it is changed.
type CreateInvite struct {
	Ref
	Channel  string `json:"channel"`
	Hash     string `json:"hash"`               // SHA-256 of the secret, in lower-case hexadecimal
	ExpiresS int    `json:"expires_s,omitzero"` // seconds from now; 0 is never
	Uses     int    `json:"uses,omitzero"`      // how often it may be used; 0 is without limit
	Approval bool   `json:"approval,omitzero"`  // users who join by it wait for an admin
	ClientID string `json:"client_id,omitzero"`
}

// RevokeInvite ends an invite.
type RevokeInvite struct {
	Ref
	Channel  string `json:"channel"`
	Hash     string `json:"hash"`
	ClientID string `json:"client_id,omitzero"`
}

// Join makes the caller a member by an invite, or asks to join if the invite needs approval.
// Either uses the invite once. It is not used up by callers who are already members or already
// wait.
type Join struct {
	Ref
	Channel  string `json:"channel"`
	Secret   string `json:"secret"`
	ClientID string `json:"client_id,omitzero"`
}

// DeleteChannel ends a group for everybody and erases its log. Only the owner may delete a
// group.
type DeleteChannel struct {
	Ref
	Channel  string `json:"channel"`
	ClientID string `json:"client_id,omitzero"`
}

// Place implements [Change].
func (s Send) Place(user string) string {
	if s.To != "" {
		return DirectChannel(user, s.To)
	}
	return s.Channel
}

// Place implements [Change].
func (c Edit) Place(string) string { return c.Channel }

// Place implements [Change].
func (c Delete) Place(string) string { return c.Channel }

// Place implements [Change].
func (c React) Place(string) string { return c.Channel }

// Place implements [Change].
func (c Pin) Place(string) string { return c.Channel }

// Place implements [Change].
func (c UpdateChannel) Place(string) string { return c.Channel }

// Place implements [Change].
func (c AddMembers) Place(string) string { return c.Channel }

// Place implements [Change].
func (c RemoveMember) Place(string) string { return c.Channel }

// Place implements [Change].
func (c Unban) Place(string) string { return c.Channel }

// Place implements [Change].
func (c SetRole) Place(string) string { return c.Channel }

// Place implements [Change].
func (c Leave) Place(string) string { return c.Channel }

// Place implements [Change].
func (c CreateInvite) Place(string) string { return c.Channel }

// Place implements [Change].
func (c RevokeInvite) Place(string) string { return c.Channel }

// Place implements [Change].
func (c Join) Place(string) string { return c.Channel }

// Place implements [Change].
func (c DeleteChannel) Place(string) string { return c.Channel }

// Key implements [Change].
func (s Send) Key() string { return s.ClientID }

// Key implements [Change].
func (c Edit) Key() string { return c.ClientID }

// Key implements [Change].
func (c Delete) Key() string { return c.ClientID }

// Key implements [Change].
func (c React) Key() string { return c.ClientID }

// Key implements [Change].
func (c Pin) Key() string { return c.ClientID }

// Key implements [Change].
func (c UpdateChannel) Key() string { return c.ClientID }

// Key implements [Change].
func (c AddMembers) Key() string { return c.ClientID }

// Key implements [Change].
func (c RemoveMember) Key() string { return c.ClientID }

// Key implements [Change].
func (c Unban) Key() string { return c.ClientID }

// Key implements [Change].
func (c SetRole) Key() string { return c.ClientID }

// Key implements [Change].
func (c Leave) Key() string { return c.ClientID }

// Key implements [Change].
func (c CreateInvite) Key() string { return c.ClientID }

// Key implements [Change].
func (c RevokeInvite) Key() string { return c.ClientID }

// Key implements [Change].
func (c Join) Key() string { return c.ClientID }

// Key implements [Change].
func (c DeleteChannel) Key() string { return c.ClientID }

// Key implements [Keyed].
func (f Forward) Key() string { return f.ClientID }

// WithKey implements [Keyed].
func (s Send) WithKey(id string) Command { s.ClientID = id; return s }

// WithKey implements [Keyed].
func (f Forward) WithKey(id string) Command { f.ClientID = id; return f }

// Type implements [Command].
func (Forward) Type() string { return "forward" }

// Type implements [Command].
func (Edit) Type() string { return "edit" }

// Type implements [Command].
func (Delete) Type() string { return "delete" }

// Type implements [Command].
func (React) Type() string { return "react" }

// Type implements [Command].
func (Pin) Type() string { return "pin" }

// Type implements [Command].
func (UpdateChannel) Type() string { return "update_channel" }

// Type implements [Command].
func (AddMembers) Type() string { return "add_members" }

// Type implements [Command].
func (RemoveMember) Type() string { return "remove_member" }

// Type implements [Command].
func (Unban) Type() string { return "unban" }

// Type implements [Command].
func (SetRole) Type() string { return "set_role" }

// Type implements [Command].
func (Leave) Type() string { return "leave" }

// Type implements [Command].
func (CreateInvite) Type() string { return "create_invite" }

// Type implements [Command].
func (RevokeInvite) Type() string { return "revoke_invite" }

// Type implements [Command].
func (Join) Type() string { return "join" }

// Type implements [Command].
func (DeleteChannel) Type() string { return "delete_channel" }

package wire

// Change is a command that appends to the log of one channel. Its reply is an ack, and everybody in the channel gets the event. A
// retry with the same Key is answered with the ack of the first; one that finds done what it asks for appends nothing, and is acked.
type Change interface {
	Command
	// Place is the channel whose log it changes when that user acts.
	Place(user string) string
	// Key is the client's own id for it; empty where it gave none.
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

// Forward sends the words of a message to another channel, under its sender's name, with neither its mentions nor its reply. It takes one
// that the caller can read; exactly one of Channel and To is set, as for [Send]. It is about two channels, and so no [Change] but answered
// like one.
type Forward struct {
	Ref
	Seen
	Channel  string     `json:"channel,omitzero"`
	To       string     `json:"to,omitzero"`
	ClientID string     `json:"client_id"`
	From     ChannelSeq `json:"from"`
}

// Edit replaces what a message says. Only its sender may, of words of his own, and earlier versions stay readable.
type Edit struct {
	Ref
	Channel  string  `json:"channel"`
	Seq      uint64  `json:"seq"`
	ClientID string  `json:"client_id,omitzero"`
	Content  Content `json:"content"`
}

// Delete erases a message for everybody: from the log, and wherever it was derived to. A tombstone keeps its place. Its sender may,
// and in a group admins and the owner, where the sender's role is below theirs.
type Delete struct {
	Ref
	Channel  string `json:"channel"`
	Seq      uint64 `json:"seq"`
	ClientID string `json:"client_id,omitzero"`
}

// React adds one emoji of the caller's to a message, or takes it back.
type React struct {
	Ref
	Channel  string `json:"channel"`
	Seq      uint64 `json:"seq"`
	Emoji    string `json:"emoji"`
	Remove   bool   `json:"remove,omitzero"`
	ClientID string `json:"client_id,omitzero"`
}

// Pin marks a message for everybody in the channel, or takes the mark away. In a group it is for admins and the owner.
type Pin struct {
	Ref
	Channel  string `json:"channel"`
	Seq      uint64 `json:"seq"`
	Remove   bool   `json:"remove,omitzero"`
	ClientID string `json:"client_id,omitzero"`
}

// UpdateChannel changes settings of a group: those that are set. It is for admins and the owner.
type UpdateChannel struct {
	Ref
	Channel   string  `json:"channel"`
	Name      *string `json:"name,omitzero"`
	Topic     *string `json:"topic,omitzero"`
	SlowModeS *int    `json:"slow_mode_s,omitzero"` // seconds between two messages of one member; 0 is off
	Archived  *bool   `json:"archived,omitzero"`    // nobody may write; all may read
	ClientID  string  `json:"client_id,omitzero"`
}

// AddMembers adds users to a group, those among them who asked to join included. It is for admins and the owner.
type AddMembers struct {
	Ref
	Channel  string   `json:"channel"`
	Members  []string `json:"members"`
	ClientID string   `json:"client_id,omitzero"`
}

// RemoveMember removes a user from a group whose role is below the caller's; with Ban he cannot come back by an invite. A
// user who asked to join is refused by it.
type RemoveMember struct {
	Ref
	Channel  string `json:"channel"`
	User     string `json:"user"`
	Ban      bool   `json:"ban,omitzero"`
	ClientID string `json:"client_id,omitzero"`
}

// Unban lets a banned user be added, or join, again.
type Unban struct {
	Ref
	Channel  string `json:"channel"`
	User     string `json:"user"`
	ClientID string `json:"client_id,omitzero"`
}

// SetRole gives a member of a group another role. The owner gives any; RoleOwner transfers the group and makes the caller an admin. An
// admin gives roles below his own to members below him.
type SetRole struct {
	Ref
	Channel  string `json:"channel"`
	User     string `json:"user"`
	Role     Role   `json:"role"`
	ClientID string `json:"client_id,omitzero"`
}

// Leave takes the caller out of a group. The owner transfers it first, unless nobody else is there: the group ends with its last member.
type Leave struct {
	Ref
	Channel  string `json:"channel"`
	ClientID string `json:"client_id,omitzero"`
}

// CreateInvite lets whoever knows a secret join a group. The client makes the secret, 128 random bits or more, and tells the server
// its hash alone: what is in the log opens nothing. An invite that exists already is changed.
type CreateInvite struct {
	Ref
	Channel  string `json:"channel"`
	Hash     string `json:"hash"`               // SHA-256 of the secret, in lower-case hexadecimal
	ExpiresS int    `json:"expires_s,omitzero"` // seconds from now; 0 is never
	Uses     int    `json:"uses,omitzero"`      // how often it may be used; 0 is without limit
	Approval bool   `json:"approval,omitzero"`  // whoever joins by it waits for an admin
	ClientID string `json:"client_id,omitzero"`
}

// RevokeInvite ends an invite.
type RevokeInvite struct {
	Ref
	Channel  string `json:"channel"`
	Hash     string `json:"hash"`
	ClientID string `json:"client_id,omitzero"`
}

// Join makes the caller a member by an invite, or where that needs approval, asks for it. Either costs the invite a use; whoever is a
// member already, or waits, costs it none.
type Join struct {
	Ref
	Channel  string `json:"channel"`
	Secret   string `json:"secret"`
	ClientID string `json:"client_id,omitzero"`
}

// DeleteChannel ends a group for all and erases its log. It is for the owner.
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

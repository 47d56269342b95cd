package wire

import "github.com/go-json-experiment/json/jsontext"

// Frame is a frame from the server.
type Frame interface {
	// Type is the frame's name on the wire.
	Type() string
}

// Welcome opens a session. With Recovered, every event after the positions the client resumed from follows, in order;
// without it the client starts afresh at Positions and reads what came before with list_channels and history.
type Welcome struct {
	Ref
	Version   int      `json:"v"`
	Session   string   `json:"session"`
	User      string   `json:"user"`
	Epoch     string   `json:"epoch"`
	Positions []uint64 `json:"positions"`
	Recovered bool     `json:"recovered"`
	Time      int64    `json:"time"`    // the server's clock, Unix milliseconds
	Expires   int64    `json:"expires"` // of the token, Unix milliseconds
	Limits    Limits   `json:"limits"`
}

// Ack tells the sender that a message is stored.
type Ack struct {
	Ref
	ID        string `json:"id"`
	ClientID  string `json:"client_id"`
	Channel   string `json:"channel"`
	Seq       uint64 `json:"seq"`
	Shard     int    `json:"shard"`
	Pos       uint64 `json:"pos"`
	Timestamp int64  `json:"timestamp"` // Unix milliseconds
}

// Kind says what an event is: the first member of its record.
type Kind string

// The kinds there are. Clients skip those they do not know.
const (
	KindMessage  Kind = "message"
	KindMeta     Kind = "meta"     // membership and settings
	KindEdit     Kind = "edit"     // of a message: target and the new content
	KindDelete   Kind = "delete"   // of a message: target and erased
	KindReaction Kind = "reaction" // to a message: target, emoji, and remove where it was taken back
	KindSetting  Kind = "setting"  // of a user, in his own channel
	KindPin      Kind = "pin"      // of a message: target, and remove where it was taken away
)

// Event is anything in a channel's log. The log stores its [Record]; shard, pos and channel are the
// record's place in the log and are added behind it on the way out.
//
// Versions are dense, and so are the seqs of messages, with one exception: a message that was deleted before the session,
// or its node, got as far may be left out of what follows a resume, with what had changed it. The event of kind delete
// comes, and pages show the tombstone.
type Event struct {
	Record
	Shard   int    `json:"shard"`
	Pos     uint64 `json:"pos"`
	Channel string `json:"channel"`
}

// Record is an event as the log stores it.
//
// An event counts if its version is the next of its channel; whatever else is in the log is void, for
// everybody. See channel.Head.Follows for the whole rule.
type Record struct {
	Kind    Kind   `json:"kind"`
	Version uint64 `json:"version"` // dense per channel, over all kinds
	// After is how many positions before this event the one lies that it was decided on, where both were
	// published in one batch: it counts only together with that one.
	After     uint64 `json:"after,omitzero"`
	ID        string `json:"id"`
	ClientID  string `json:"client_id,omitzero"`
	Sender    string `json:"sender"`
	Seq       uint64 `json:"seq,omitzero"`  // dense per channel; messages only
	Last      uint64 `json:"last,omitzero"` // seq of the last message before an event that is none
	Timestamp int64  `json:"timestamp"`     // Unix milliseconds, the writer's clock, and never before the last event's
	// Clock is the writer's clock where the last event was dated far ahead of it, by a clock that was wrong: what counts in
	// time, as slow mode does, goes by it.
	Clock   int64    `json:"clock,omitzero"`
	Content *Content `json:"content,omitzero"`
	Meta    *Meta    `json:"meta,omitzero"`

	Target uint64  `json:"target,omitzero"` // seq of the message that an edit, delete, reaction or pin is about
	Emoji  string  `json:"emoji,omitzero"`
	Remove bool    `json:"remove,omitzero"`
	Erased *Erased `json:"erased,omitzero"`

	Setting *Setting `json:"setting,omitzero"`

	Folded

	// Rest holds the members that this version does not know, as an object; nil where there are none. A newer node has written
	// them. [DecodeRecord] fills it in, [EncodeRecord] keeps it.
	Rest jsontext.Value `json:"-"`
}

// Erased is what stays of a message that was deleted.
type Erased struct {
	ID        string `json:"id"`
	ClientID  string `json:"client_id,omitzero"` // so that a retry is known for one, and does not bring back what was deleted
	Sender    string `json:"sender"`
	Timestamp int64  `json:"timestamp"` // Unix milliseconds
}

// Folded is what later events made of a message. Pages have it; the log and live events do not.
type Folded struct {
	Edited    int64      `json:"edited,omitzero"`  // time of the last edit, Unix milliseconds
	Deleted   bool       `json:"deleted,omitzero"` // a tombstone: content is gone
	Pinned    bool       `json:"pinned,omitzero"`
	Reactions []Reaction `json:"reactions,omitzero"` // in the order in which the emoji were first used
}

// Reaction is an emoji, and who reacted with it. The log keeps all of them; pages have how many there are, whether the
// caller is one, and the first few, ascending. The operation get_reactions pages through all.
type Reaction struct {
	Emoji string   `json:"emoji"`
	Count int      `json:"count,omitzero"`
	Own   bool     `json:"own,omitzero"`
	Users []string `json:"users"`
}

// MaxShownReactors is how many of those who reacted a page names for each emoji.
const MaxShownReactors = 10

// Action of a meta event.
type Action string

// The actions there are. Clients skip those they do not know.
const (
	ActionCreated       Action = "created"   // the first event of every channel
	ActionUpdated       Action = "updated"   // settings: those that were changed
	ActionAdded         Action = "added"     // members, by the sender
	ActionJoined        Action = "joined"    // the sender, by an invite: its hash
	ActionRequested     Action = "requested" // the sender asks to join, by an invite: its hash
	ActionLeft          Action = "left"      // the sender
	ActionRemoved       Action = "removed"   // members, by the sender; also of those who asked to join, who are told by it
	ActionBanned        Action = "banned"    // members, by the sender; they are removed too
	ActionUnbanned      Action = "unbanned"  // members
	ActionRole          Action = "role"      // of members; with owner, the sender becomes an admin
	ActionInvited       Action = "invited"   // an invite was made or changed
	ActionInviteRevoked Action = "invite_revoked"
	ActionDeleted       Action = "deleted" // the channel: its last event
)

// Role is what a member may do in a group.
type Role string

// The roles, from the highest. Each may all that those after it may.
const (
	RoleOwner  Role = "owner"  // one of each group: transfer, delete
	RoleAdmin  Role = "admin"  // members, settings, pins, others' messages
	RoleMember Role = "member" // write
	RoleReader Role = "reader" // read
)

// Valid reports whether there is such a role.
func (r Role) Valid() bool {
	switch r {
	case RoleOwner, RoleAdmin, RoleMember, RoleReader:
		return true
	default:
		return false
	}
}

// ChannelKind tells direct channels from groups.
type ChannelKind string

// The kinds of channel.
const (
	Direct ChannelKind = "direct"
	Group  ChannelKind = "group"
	Own    ChannelKind = "own" // of one user: his settings
)

// Meta is a change of a channel itself.
type Meta struct {
	Action   Action         `json:"action"`
	Kind     ChannelKind    `json:"kind,omitzero"`
	Name     string         `json:"name,omitzero"`
	Settings *GroupSettings `json:"settings,omitzero"` // those that were changed
	Members  []string       `json:"members,omitzero"`  // whom it is about
	Seq      uint64         `json:"seq,omitzero"`      // of the last message before Members came or went, who may see those after it, or up to it
	Role     Role           `json:"role,omitzero"`
	Invite   *Invite        `json:"invite,omitzero"`
}

// GroupSettings are settings of a group, of which each may be missing.
type GroupSettings struct {
	Name      *string `json:"name,omitzero"`
	Topic     *string `json:"topic,omitzero"`
	SlowModeS *int    `json:"slow_mode_s,omitzero"` // seconds between two messages of one member; 0 is off
	Archived  *bool   `json:"archived,omitzero"`    // nobody may write; all may read
}

// Invite is a way into a group for whoever knows its secret.
type Invite struct {
	Hash     string `json:"hash"`              // SHA-256 of the secret, hexadecimal
	Expires  int64  `json:"expires,omitzero"`  // Unix milliseconds; 0 is never
	Uses     int    `json:"uses,omitzero"`     // how often it may be used still; 0 is without limit
	Approval bool   `json:"approval,omitzero"` // whoever joins by it waits for an admin
}

// Page answers history and get_pins. More says that there are further messages in the direction
// asked.
type Page struct {
	Ref
	Channel string  `json:"channel"`
	More    bool    `json:"more"`
	Events  []Event `json:"events"`
}

// MaxListedMembers is up to how many members a list names: the faces of a small group. Of a larger one, get_channel tells them.
const MaxListedMembers = 20

// ChannelInfo is a channel as one of its members sees it.
//
// Unread is the distance from the last message to the one up to which all is known to the caller: the highest of what he read, what he
// sent and where he joined. It is the same on every device and counts places: a message that was deleted keeps its place
// until it is read over. Mentions are those among the unread messages that mention the caller or everybody, as they are now; a deleted
// one mentions nobody.
type ChannelInfo struct {
	ID          string      `json:"id"`
	Kind        ChannelKind `json:"kind"`
	Name        string      `json:"name,omitzero"`
	Topic       string      `json:"topic,omitzero"`
	SlowModeS   int         `json:"slow_mode_s,omitzero"` // seconds between two messages of one member; 0 is off
	Archived    bool        `json:"archived,omitzero"`
	Role        Role        `json:"role,omitzero"` // the caller's
	MemberCount int         `json:"member_count"`
	Members     []string    `json:"members,omitzero"` // ascending; in a list those of direct channels and of groups of up to 20
	Seq         uint64      `json:"seq"`              // of the last message; 0 where there is none
	Active      int64       `json:"active"`           // time of the last event, Unix milliseconds
	Unread      uint64      `json:"unread"`
	Mentions    int         `json:"mentions,omitzero"` // at most 100
	Mute        string      `json:"mute,omitzero"`     // the caller's setting mute/ID
	Top         bool        `json:"top,omitzero"`      // the caller's setting top/ID is on
	Last        *Event      `json:"last,omitzero"`     // the last message, as a page has it, where the caller may see it
	At          ShardPos    `json:"at,omitzero"`       // its creation in the log, for reads with seen; in answers to create_group
}

// Channel answers create_group and get_channel: the latter has the roles of all who are not plain members, too. Who may add members sees
// who asks to be one, who is banned, and which invites there are.
type Channel struct {
	Ref
	Channel   ChannelInfo `json:"channel"`
	Owner     string      `json:"owner,omitzero"`
	Admins    []string    `json:"admins,omitzero"`
	Readers   []string    `json:"readers,omitzero"`
	Requested []string    `json:"requested,omitzero"`
	Banned    []string    `json:"banned,omitzero"`
	Invites   []Invite    `json:"invites,omitzero"`
}

// Versions answers get_versions: the first content and that of each edit. A deleted message has
// none. More says that there are further ones, which a command with After asks for.
type Versions struct {
	Ref
	Channel  string           `json:"channel"`
	Seq      uint64           `json:"seq"`
	More     bool             `json:"more"`
	Versions []MessageVersion `json:"versions"`
}

// MessageVersion is what a message said from some time on.
type MessageVersion struct {
	Timestamp int64   `json:"timestamp"` // Unix milliseconds
	Content   Content `json:"content"`
}

// Channels answers list_channels.
type Channels struct {
	Ref
	Channels []ChannelInfo `json:"channels"`
	More     bool          `json:"more"`
}

// Refreshed answers refresh.
type Refreshed struct {
	Ref
	Expires int64 `json:"expires"` // of the new token, Unix milliseconds
}

// Ping asks the client for any frame; pong will do.
type Ping struct{}

// Type implements [Frame].
func (Welcome) Type() string { return "welcome" }

// Type implements [Frame].
func (Ack) Type() string { return "ack" }

// Type implements [Frame].
func (Event) Type() string { return "event" }

// Type implements [Frame].
func (Page) Type() string { return "page" }

// Type implements [Frame].
func (Channel) Type() string { return "channel" }

// Type implements [Frame].
func (Versions) Type() string { return "versions" }

// Type implements [Frame].
func (Channels) Type() string { return "channels" }

// Type implements [Frame].
func (Refreshed) Type() string { return "refreshed" }

// Type implements [Frame].
func (Ping) Type() string { return "ping" }

// Type implements [Frame].
func (*Error) Type() string { return "error" }

package wire

import "github.com/go-json-experiment/json/jsontext"

// Frame is a frame from the server.
type Frame interface {
	// Type returns the frame's name on the wire.
	Type() string
}

// Welcome opens a session. If Recovered is set, every event after the positions the client
// resumed from follows, in order. Otherwise the client starts afresh at Positions and reads
// earlier events with list_channels and history.
type Welcome struct {
	Ref
	Version   int      `json:"v"`
	Session   string   `json:"session"`
	User      string   `json:"user"`
	Epoch     string   `json:"epoch"`
	Positions []uint64 `json:"positions"`
	Recovered bool     `json:"recovered"`
	Time      int64    `json:"time"`    // the server's clock, Unix milliseconds
	Expires   int64    `json:"expires"` // when the token expires, Unix milliseconds
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

// Kind is the kind of an event: the first member of its record.
type Kind string

// The kinds of events. Clients skip kinds they do not know.
const (
	KindMessage  Kind = "message"
	KindMeta     Kind = "meta"     // membership and settings of a channel
	KindEdit     Kind = "edit"     // edits a message: target and the new content
	KindDelete   Kind = "delete"   // deletes a message: target and erased
	KindReaction Kind = "reaction" // reacts to a message: target, emoji, and remove if it was taken back
	KindSetting  Kind = "setting"  // a setting of a user, in that user's own channel
	KindPin      Kind = "pin"      // pins a message: target, and remove if the pin was removed
)

// Event is anything in a channel's log. The log stores its [Record]. The server adds shard, pos
// and channel, the record's place in the log, when it sends the event.
//
// Versions are dense, and so are the seqs of messages, with one exception. If a message was
// deleted before the session, or its node, got that far, then the events after a resume may
// leave out the message and its changes. The event of kind delete still comes, and pages show
// the tombstone.
type Event struct {
	Record
	Shard   int    `json:"shard"`
	Pos     uint64 `json:"pos"`
	Channel string `json:"channel"`
}

// Record is an event as the log stores it.
//
// An event counts if its version is the next of its channel. Every other event in the log is
// void for everybody. See channel.Head.Follows for the whole rule.
type Record struct {
	Kind    Kind   `json:"kind"`
	Version uint64 `json:"version"` // dense per channel, over all kinds
	// After is set if this event was decided on the state after an earlier event of the same
	// batch. It is the distance in positions to that event. The event counts only if the
	// earlier one does.
	After    uint64 `json:"after,omitzero"`
	ID       string `json:"id"`
	ClientID string `json:"client_id,omitzero"`
	Sender   string `json:"sender"`
	Seq      uint64 `json:"seq,omitzero"` // dense per channel; messages only
	// On events other than messages: seq of the last message before the event.
	Last uint64 `json:"last,omitzero"`
	// Unix milliseconds by the writer's clock, never before the last event's time.
	Timestamp int64 `json:"timestamp"`
	// Clock is the writer's clock. It is set if the last event was dated far ahead of it, by a
	// clock that was wrong. Time limits such as slow mode count by it.
	Clock   int64    `json:"clock,omitzero"`
	Content *Content `json:"content,omitzero"`
	Meta    *Meta    `json:"meta,omitzero"`

	Target uint64  `json:"target,omitzero"` // seq of the message that an edit, delete, reaction or pin is about
	Emoji  string  `json:"emoji,omitzero"`
	Remove bool    `json:"remove,omitzero"`
	Erased *Erased `json:"erased,omitzero"`

	Setting *Setting `json:"setting,omitzero"`

	Folded

	// Rest holds the members that this version does not know, as an object, or nil if there are
	// none. A newer node has written them. [DecodeRecord] sets it and [EncodeRecord] writes it.
	Rest jsontext.Value `json:"-"`
}

// Erased is what remains of a deleted message.
type Erased struct {
	ID string `json:"id"`
	// ClientID lets the server recognise a retry of the send, which must not bring back the
	// deleted message.
	ClientID  string `json:"client_id,omitzero"`
	Sender    string `json:"sender"`
	Timestamp int64  `json:"timestamp"` // Unix milliseconds
}

// Folded is what later events changed of a message. Pages have it; the log and live events do
// not.
type Folded struct {
	Edited    int64      `json:"edited,omitzero"`  // time of the last edit, Unix milliseconds
	Deleted   bool       `json:"deleted,omitzero"` // a tombstone: its content is gone
	Pinned    bool       `json:"pinned,omitzero"`
	Reactions []Reaction `json:"reactions,omitzero"` // in the order in which the emoji were first used
}

// Reaction is an emoji and the users who reacted with it. The log keeps all users. Pages tell
// how many there are, whether the caller is one of them, and the first few names, ascending.
// The operation get_reactions pages through all of them.
type Reaction struct {
	Emoji string   `json:"emoji"`
	Count int      `json:"count,omitzero"`
	Own   bool     `json:"own,omitzero"`
	Users []string `json:"users"`
}

// MaxShownReactors is the number of reacting users that a page names for each emoji.
const MaxShownReactors = 10

// Action is the action of a meta event.
type Action string

// The actions. Clients skip actions they do not know.
const (
	ActionCreated   Action = "created"   // the first event of every channel
	ActionUpdated   Action = "updated"   // settings has the settings that changed
	ActionAdded     Action = "added"     // the sender added members
	ActionJoined    Action = "joined"    // the sender joined by the invite with this hash
	ActionRequested Action = "requested" // the sender asks to join by the invite with this hash
	ActionLeft      Action = "left"      // the sender left
	// The sender removed members, or refused users who asked to join. Both kinds of users are
	// told.
	ActionRemoved       Action = "removed"
	ActionBanned        Action = "banned"   // the sender banned members, which also removes them
	ActionUnbanned      Action = "unbanned" // the sender unbanned members
	ActionRole          Action = "role"     // members got a role; if it is owner, the sender becomes an admin
	ActionInvited       Action = "invited"  // an invite was made or changed
	ActionInviteRevoked Action = "invite_revoked"
	ActionDeleted       Action = "deleted" // the channel was deleted; this is its last event
)

// Role is what a member may do in a group.
type Role string

// The roles, from the highest. Each role may do everything that the roles after it may do.
const (
	RoleOwner  Role = "owner"  // one in each group; may also transfer and delete the group
	RoleAdmin  Role = "admin"  // may also change members, settings and pins, and delete others' messages
	RoleMember Role = "member" // may also write
	RoleReader Role = "reader" // may read
)

// Valid reports whether r is a known role.
func (r Role) Valid() bool {
	switch r {
	case RoleOwner, RoleAdmin, RoleMember, RoleReader:
		return true
	default:
		return false
	}
}

// ChannelKind distinguishes direct channels, groups and users' own channels.
type ChannelKind string

// The kinds of channels.
const (
	Direct ChannelKind = "direct"
	Group  ChannelKind = "group"
	Own    ChannelKind = "own" // the settings of one user
)

// Meta is a change of a channel itself.
type Meta struct {
	Action   Action         `json:"action"`
	Kind     ChannelKind    `json:"kind,omitzero"`
	Name     string         `json:"name,omitzero"`
	Settings *GroupSettings `json:"settings,omitzero"` // the settings that changed
	Members  []string       `json:"members,omitzero"`  // the users the change is about
	// Seq of the last message before Members came or went. New members see the messages after
	// it; former members see those up to it.
	Seq    uint64  `json:"seq,omitzero"`
	Role   Role    `json:"role,omitzero"`
	Invite *Invite `json:"invite,omitzero"`
}

// GroupSettings are settings of a group. Each may be missing.
type GroupSettings struct {
	Name      *string `json:"name,omitzero"`
	Topic     *string `json:"topic,omitzero"`
	SlowModeS *int    `json:"slow_mode_s,omitzero"` // seconds between two messages of one member; 0 is off
	Archived  *bool   `json:"archived,omitzero"`    // nobody may write; all may read
}

// Invite lets users who know its secret join a group.
type Invite struct {
	Hash     string `json:"hash"`              // SHA-256 of the secret, hexadecimal
	Expires  int64  `json:"expires,omitzero"`  // Unix milliseconds; 0 is never
	Uses     int    `json:"uses,omitzero"`     // how often it may still be used; 0 is without limit
	Approval bool   `json:"approval,omitzero"` // users who join by it wait for an admin
}

// Page answers history and get_pins. More says that there are further messages in the requested
// direction.
type Page struct {
	Ref
	Channel string  `json:"channel"`
	More    bool    `json:"more"`
	Events  []Event `json:"events"`
}

// MaxListedMembers is the size up to which a group's members are named in lists of channels.
// For larger groups, get_channel names them.
const MaxListedMembers = 20

// ChannelInfo is a channel as one of its members sees it.
//
// Unread is the distance from the last known message to the last message. The last known
// message is the highest of what the caller read, what the caller sent and where the caller
// joined. Unread is the same on every device. It counts places: a deleted message keeps its
// place until the caller has read past it. Mentions is the number of unread messages that
// mention the caller or everybody, in their current version. A deleted message mentions nobody.
type ChannelInfo struct {
	ID          string      `json:"id"`
	Kind        ChannelKind `json:"kind"`
	Name        string      `json:"name,omitzero"`
	Topic       string      `json:"topic,omitzero"`
	SlowModeS   int         `json:"slow_mode_s,omitzero"` // seconds between two messages of one member; 0 is off
	Archived    bool        `json:"archived,omitzero"`
	Role        Role        `json:"role,omitzero"` // the caller's role
	MemberCount int         `json:"member_count"`
	// Ascending. In a list, only direct channels and groups of up to 20 have it.
	Members  []string `json:"members,omitzero"`
	Seq      uint64   `json:"seq"`    // of the last message; 0 if there is none
	Active   int64    `json:"active"` // time of the last event, Unix milliseconds
	Unread   uint64   `json:"unread"`
	Mentions int      `json:"mentions,omitzero"` // at most 100
	Mute     string   `json:"mute,omitzero"`     // the caller's setting mute/ID
	Top      bool     `json:"top,omitzero"`      // the caller's setting top/ID is on
	Last     *Event   `json:"last,omitzero"`     // the last message, as a page has it, if the caller may see it
	// Place of its creation in the log, for reads with seen. Only in answers to create_group.
	At ShardPos `json:"at,omitzero"`
}

// Channel answers create_group and get_channel. The answer to get_channel also has the roles of
// all members who are not plain members. Callers who may add members also see who asks to join,
// who is banned, and which invites exist.
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

// Versions answers get_versions with the first content of a message and that of each edit. A
// deleted message has no versions. More says that there are further versions; a command with
// After asks for them.
type Versions struct {
	Ref
	Channel  string           `json:"channel"`
	Seq      uint64           `json:"seq"`
	More     bool             `json:"more"`
	Versions []MessageVersion `json:"versions"`
}

// MessageVersion is the content of a message from some time on.
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

// Ping asks the client for any frame, such as pong.
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

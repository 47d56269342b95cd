package wire

// MaxListedMembers is the size up to which a group's members are named in lists of channels.
// For larger groups, get_channel names them.
const MaxListedMembers = 20

// channelOperations read channels.
var channelOperations = []*Operation{
	read[ListChannels, Channels](),
	read[GetChannel, Channel](),
}

// ChannelKind distinguishes direct channels, groups and users' own channels.
type ChannelKind string

// The kinds of channels.
const (
	Direct ChannelKind = "direct"
	Group  ChannelKind = "group"
	Own    ChannelKind = "own" // the settings of one user
)

// ListChannels asks for a window of the caller's channels, the most recently active first. Messages
// make a channel active, and so does the caller's coming to it. Changes of messages and of the
// channel itself do not. With Before, the window starts after the last channel of the previous
// window. A channel that becomes active meanwhile moves to the top; the client learns this from
// the channel's event.
type ListChannels struct {
	Ref
	Seen
	Before *ChannelPlace `json:"before,omitzero"`
	Limit  int           `json:"limit,omitzero"` // 50 if unset
}

// Type implements [Command].
func (ListChannels) Type() string { return "list_channels" }

// Validate implements [Command].
func (c ListChannels) Validate(l Limits) error {
	if err := c.validSeen(); err != nil {
		return err
	}
	if c.Before != nil && (c.Before.Active < 0 || !ValidChannel(c.Before.ID)) {
		return Errorf(CodeInvalid, "before: is not valid; take active and id from the last channel of the previous window")
	}
	return validLimit(c.Limit, l)
}

// ChannelPlace is the place of a channel in the list. It has two members of [ChannelInfo].
type ChannelPlace struct {
	Active int64  `json:"active"` // Unix milliseconds
	ID     string `json:"id"`
}

// Channels answers list_channels.
type Channels struct {
	Ref
	Channels []ChannelInfo `json:"channels"`
	More     bool          `json:"more"`
}

// Type implements [Frame].
func (Channels) Type() string { return "channels" }

// Parts implements [Cut].
func (c Channels) Parts() int { return len(c.Channels) }

// Some implements [Cut].
func (c Channels) Some(n int) Frame {
	c.More = c.More || n < len(c.Channels)
	c.Channels = c.Channels[:n]
	return c
}

// ChannelInfo is a channel as one of its members sees it.
//
// Unread is the distance from the last known message to the last message. The last known message is
// the highest of what the caller read, what the caller sent and where the caller joined. Unread is
// the same on every device. It counts places: a deleted message keeps its place until the caller
// has read past it. Mentions is the number of unread messages that mention the caller or everybody,
// in their current version. A deleted message mentions no user.
type ChannelInfo struct {
	ID          string      `json:"id"`
	Kind        ChannelKind `json:"kind"`
	Name        string      `json:"name,omitzero"`
	Topic       string      `json:"topic,omitzero"`
	Picture     *Picture    `json:"picture,omitzero"`
	SlowModeS   int         `json:"slow_mode_s,omitzero"` // seconds between two messages of one member; 0 is off
	Archived    bool        `json:"archived,omitzero"`
	Role        Role        `json:"role,omitzero"` // the caller's role
	MemberCount int         `json:"member_count"`
	// Ascending. In a list, only direct channels and groups of up to 20 have it.
	Members []string `json:"members,omitzero"`
	Seq     uint64   `json:"seq"` // of the last message; 0 if there is none
	// Time of the last message, or of the caller's coming if that was later, in Unix milliseconds.
	// It is earlier than the event's own timestamp if that turned out to be ahead of the right
	// clock.
	Active   int64  `json:"active"`
	Unread   uint64 `json:"unread"`
	Mentions int    `json:"mentions,omitzero"` // at most 100
	Mute     string `json:"mute,omitzero"`     // the caller's setting mute/ID
	Top      bool   `json:"top,omitzero"`      // the caller's setting top/ID is on
	Last     *Event `json:"last,omitzero"`     // the last message, as a page has it, if the caller may see it
	// Place of its creation in the log, for reads with seen. Only in answers to create_group.
	At ShardPos `json:"at,omitzero"`
}

// GetChannel asks for a channel of the caller, including all its members.
type GetChannel struct {
	Ref
	Seen
	Channel string `json:"channel"`
}

// Type implements [Command].
func (GetChannel) Type() string { return "get_channel" }

// Validate implements [Command].
func (c GetChannel) Validate(Limits) error {
	if err := c.validSeen(); err != nil {
		return err
	}
	if !ValidChannel(c.Channel) {
		return invalidChannel()
	}
	return nil
}

// Channel answers create_group and get_channel. The answer to get_channel also has the roles of all
// members who are not plain members. Callers who may add members also see the requests to join, the
// banned users, and the invites.
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

// Type implements [Frame].
func (Channel) Type() string { return "channel" }

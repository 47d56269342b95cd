package wire

// Limits are the limits of a session. The welcome frame tells the ones in force. Rates are
// sustained rates; the unused allowance of up to two seconds may be used at once.
type Limits struct {
	FrameBytes    int `json:"frame_bytes"`    // of one message from the client
	TextBytes     int `json:"text_bytes"`     // of content.text, in UTF-8
	InFlight      int `json:"in_flight"`      // commands without a reply
	GroupMembers  int `json:"group_members"`  // of one group, including its creator
	HistoryEvents int `json:"history_events"` // of one page
	MessageEdits  int `json:"message_edits"`  // of one message
	CommandsPerS  int `json:"commands_per_s"` // of one session
	// Of one user on one node: over all sessions of the user, and commands that back ends give
	// as the user.
	UserCommandsPerS int `json:"user_commands_per_s"`
	// In one channel, by all its members. One member may use at most half, and members who use
	// much leave room for those who use little. Moderation is not limited.
	ChannelEventsPerS int `json:"channel_events_per_s"`
	// How many groups one user may make a minute on one node, and how many members the user may
	// bring into groups a minute, by making groups, adding members and joining. Unused allowance
	// of up to two minutes may be used at once.
	GroupsPerMin  int `json:"groups_per_min"`
	MembersPerMin int `json:"members_per_min"`
	UserGroups    int `json:"user_groups"` // in how many groups one user may be
	// The server pings at least this often. A session that is silent for two intervals counts
	// as offline. Over WebSocket it is then closed, within another interval.
	PingIntervalS int `json:"ping_interval_s"`
}

// MaxPageBytes is about how many bytes of entries a reply has that can go on in a further reply:
// of messages, versions, channels, settings. A page ends early at that size.
const MaxPageBytes = 512 << 10

const (
	pageSlack = 128 << 10 // the bytes around the entries, and one entry that is larger than the rest of the page
	maxWhole  = 256 << 10 // a reply without pages: a channel with all members, all banned users, and all invites
)

// DefaultLimits returns the limits of a server whose configuration sets none.
func DefaultLimits() Limits {
	return Limits{
		FrameBytes: 64 << 10, TextBytes: 16 << 10, InFlight: 64, GroupMembers: 500,
		HistoryEvents: 100, MessageEdits: 500, CommandsPerS: 200, UserCommandsPerS: 200, ChannelEventsPerS: 100, PingIntervalS: 25,
		GroupsPerMin: 30, MembersPerMin: 1000, UserGroups: 1000,
	}
}

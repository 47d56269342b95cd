package wire

import "time"

// Version is the protocol version that this package speaks. A client names it in its connect
// frame.
const Version = 1

// The path of each transport, under the server's base URL.
const (
	PathWebSocket = "/v1/ws"     // GET, WebSocket
	PathStream    = "/v1/stream" // POST a connect frame; the answer is a stream of server-sent events
	// POST a connect frame. The answer is a welcome and the waiting events, one frame a line.
	PathPoll   = "/v1/poll"
	PathFrames = "/v1/frames" // POST commands, one a line; the answer is their replies, one a line
	PathSignIn = "/v1/signin" // POST {"user"}, in development only; the answer is {"token", "expires"}
)

// HeaderSession is a header for [PathFrames]. It names the event stream that a watch,
// follow_presence or set_presence is for, by the session id of the stream's welcome. The effect
// of these commands lasts as long as the stream. Only the node that has the stream can carry
// them out.
const HeaderSession = "Natterjack-Session"

// Limits are the limits of a session. The welcome frame tells the ones in force. Rates are
// sustained rates; the unused allowance of up to two seconds may be used at once.
type Limits struct {
	FrameBytes    int `json:"frame_bytes"`    // of one message from the client
	TextBytes     int `json:"text_bytes"`     // of content.text, in UTF-8
	InFlight      int `json:"in_flight"`      // commands without a reply
	GroupMembers  int `json:"group_members"`  // of one group, including its creator
	HistoryEvents int `json:"history_events"` // of one page
	CommandsPerS  int `json:"commands_per_s"` // of one session
	// Of one user on one node: over all sessions of the user, and commands that back ends give
	// as the user.
	UserCommandsPerS int `json:"user_commands_per_s"`
	// In one channel, by all its members. One member may use at most half. Moderation is not
	// limited.
	ChannelEventsPerS int `json:"channel_events_per_s"`
	// The server pings at least this often. A session silent for two intervals is closed.
	PingIntervalS int `json:"ping_interval_s"`
}

// DefaultLimits returns the limits of a server whose configuration sets none.
func DefaultLimits() Limits {
	return Limits{
		FrameBytes: 64 << 10, TextBytes: 16 << 10, InFlight: 64, GroupMembers: 500,
		HistoryEvents: 100, CommandsPerS: 200, UserCommandsPerS: 200, ChannelEventsPerS: 100, PingIntervalS: 25,
	}
}

// ConnectTimeout is how long a new connection may take to send its connect frame. It is long
// enough for a phone on a bad network, and short enough that abandoned sockets do not pile up.
const ConnectTimeout = 10 * time.Second

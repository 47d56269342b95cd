package wire

import "time"

// Version is the protocol this package speaks. A client names it in its connect frame.
const Version = 1

// Path of each transport, under the server's base URL.
const (
	PathWebSocket = "/v1/ws"     // GET, WebSocket
	PathStream    = "/v1/stream" // POST a connect frame; the answer is a stream of server-sent events
	PathPoll      = "/v1/poll"   // POST a connect frame; the answer is a welcome and what waits, one frame a line
	PathFrames    = "/v1/frames" // POST commands, one a line; the answer is their replies, one a line
	PathSignIn    = "/v1/signin" // POST {"user"}; development only: {"token", "expires"}
)

// HeaderSession names, on [PathFrames], the stream that a watch, follow_presence or set_presence is for, by the session of its welcome. They
// last as long as the stream, and only the node that has it can carry them out.
const HeaderSession = "Natterjack-Session"

// Limits are what the server holds a session to; the welcome frame tells the ones in force. Rates are sustained ones, and what was
// left unused of two seconds may come at once.
type Limits struct {
	FrameBytes        int `json:"frame_bytes"`          // of one message from the client
	TextBytes         int `json:"text_bytes"`           // of content.text, in UTF-8
	InFlight          int `json:"in_flight"`            // commands without a reply
	GroupMembers      int `json:"group_members"`        // of one group, the creator included
	HistoryEvents     int `json:"history_events"`       // of one page
	CommandsPerS      int `json:"commands_per_s"`       // of one session
	UserCommandsPerS  int `json:"user_commands_per_s"`  // of one user on one node: all his sessions, and what back ends do as him
	ChannelEventsPerS int `json:"channel_events_per_s"` // in one channel, by all of its members, half of them by one at most; what moderates it is not held back
	PingIntervalS     int `json:"ping_interval_s"`      // a ping at least this often; silence for two closes the session
}

// DefaultLimits are the limits of a server whose configuration says nothing else.
func DefaultLimits() Limits {
	return Limits{
		FrameBytes: 64 << 10, TextBytes: 16 << 10, InFlight: 64, GroupMembers: 500,
		HistoryEvents: 100, CommandsPerS: 200, UserCommandsPerS: 200, ChannelEventsPerS: 100, PingIntervalS: 25,
	}
}

// ConnectTimeout is how long a new connection may take to send its connect frame. It is generous for a phone on a bad
// network and short enough that opened and abandoned sockets do not pile up.
const ConnectTimeout = 10 * time.Second

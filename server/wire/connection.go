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
	PathSignIn = "/v1/signin" // POST {"user", "secret"}, in development only; the answer is {"token", "expires"}
)

// HeaderSession is a header for [PathFrames]. It names the event stream that a watch,
// follow_presence or set_presence is for, by the session id of the stream's welcome. The effect
// of these commands lasts as long as the stream. Only the node that has the stream can carry
// them out. Any request with the header, to any node, shows that the client of the stream is
// there.
const HeaderSession = "Natterjack-Session"

// ConnectTimeout is how long a new connection may take to send its connect frame. It is long
// enough for a phone on a bad network, and short enough that abandoned sockets do not pile up.
const ConnectTimeout = 10 * time.Second

// connectionOperations maintain a connection.
var connectionOperations = []*Operation{
	Row[Connect, Welcome](ByConnections, ForRead),
	Row[Refresh, Refreshed](ByConnections, ForRead),
	Row[Pong, NoReply](ByConnections, ForRead),
	Row[Cancel, NoReply](ByConnections, ForRead),
}

// Connect opens a session and is the first frame on every transport. Over HTTP the token may
// come in the Authorization header instead.
type Connect struct {
	Ref
	Version int     `json:"v"`
	Token   string  `json:"token,omitzero"`
	Resume  *Resume `json:"resume,omitzero"`
}

// Type implements [Command].
func (Connect) Type() string { return "connect" }

// Validate implements [Command]. It does not check the token; the code that verifies it does.
func (c Connect) Validate(Limits) error {
	if c.Version != Version {
		return Errorf(CodeUnsupported, "v: this server speaks only version %d of the protocol", Version)
	}
	if c.Resume != nil && (len(c.Resume.Positions) > 1024 || len(c.Resume.Epoch) > 64) {
		return Errorf(CodeInvalid, "resume: is not valid; take epoch and positions from the welcome frame")
	}
	return nil
}

// Resume tells how far a client has got: the highest pos it has seen in each shard, within one
// epoch.
type Resume struct {
	Epoch     string   `json:"epoch"`
	Positions []uint64 `json:"positions"`
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

// Type implements [Frame].
func (Welcome) Type() string { return "welcome" }

// Refresh replaces the session's token before it expires. The user must stay the same.
type Refresh struct {
	Ref
	Token string `json:"token"`
}

// Type implements [Command].
func (Refresh) Type() string { return "refresh" }

// Validate implements [Command].
func (r Refresh) Validate(Limits) error {
	if r.Token == "" {
		return Errorf(CodeInvalid, "token: is missing")
	}
	return nil
}

// Refreshed answers refresh.
type Refreshed struct {
	Ref
	Expires int64 `json:"expires"` // of the new token, Unix milliseconds
}

// Type implements [Frame].
func (Refreshed) Type() string { return "refreshed" }

// Ping asks the client for any frame, such as pong. A client that reads a stream of server-sent
// events posts it to [PathFrames], with the session in the header [HeaderSession].
type Ping struct{}

// Type implements [Frame].
func (Ping) Type() string { return "ping" }

// Pong answers a ping. It gets no reply.
type Pong struct {
	Ref
}

// Type implements [Command].
func (Pong) Type() string { return "pong" }

// Validate implements [Command].
func (Pong) Validate(Limits) error { return nil }

// Cancel gives up a command of the same connection, whose client waits for the reply no more. A
// read that is under way, or waits for its turn, is answered with the code superseded. Everything
// else goes on as if nothing had been said. Cancel itself gets no reply.
type Cancel struct {
	Ref
	Command uint64 `json:"command"` // the ref of the command
}

// Type implements [Command].
func (Cancel) Type() string { return "cancel" }

// Validate implements [Command].
func (c Cancel) Validate(Limits) error {
	if c.Command == 0 {
		return Errorf(CodeInvalid, "command: is missing; it is the ref of the command to cancel")
	}
	return nil
}

package wire

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

// Kind of an event: the last token of its subject in the log.
type Kind string

// The kinds there are. Clients skip those they do not know.
const (
	KindMessage Kind = "message"
	KindMeta    Kind = "meta" // membership and settings
)

// Event is anything in a channel's log. The log stores its [Record]; shard, pos, channel and kind are
// the record's place in the log and are added around it on the way out.
type Event struct {
	Kind    Kind   `json:"kind"`
	Shard   int    `json:"shard"`
	Pos     uint64 `json:"pos"`
	Channel string `json:"channel"`
	Record
}

// Record is an event as the log stores it.
type Record struct {
	ID        string   `json:"id"`
	ClientID  string   `json:"client_id,omitzero"`
	Sender    string   `json:"sender"`
	Seq       uint64   `json:"seq,omitzero"` // dense per channel; messages only
	Timestamp int64    `json:"timestamp"`    // Unix milliseconds, the writer's clock
	Content   *Content `json:"content,omitzero"`
	Meta      *Meta    `json:"meta,omitzero"`
}

// Action of a meta event.
type Action string

// ActionCreated is the first event of every channel.
const ActionCreated Action = "created"

// ChannelKind tells direct channels from groups.
type ChannelKind string

// The kinds of channel.
const (
	Direct ChannelKind = "direct"
	Group  ChannelKind = "group"
)

// Meta is a change of a channel itself.
type Meta struct {
	Action  Action      `json:"action"`
	Kind    ChannelKind `json:"kind,omitzero"`
	Name    string      `json:"name,omitzero"`
	Members []string    `json:"members,omitzero"`
}

// Page answers history. More says that there are further messages in the direction asked.
type Page struct {
	Ref
	Channel string  `json:"channel"`
	More    bool    `json:"more"`
	Events  []Event `json:"events"`
}

// ChannelInfo is a channel as one of its members sees it.
type ChannelInfo struct {
	ID      string      `json:"id"`
	Kind    ChannelKind `json:"kind"`
	Name    string      `json:"name,omitzero"`
	Members []string    `json:"members"`
	Seq     uint64      `json:"seq"`    // of the last message; 0 where there is none
	Active  int64       `json:"active"` // time of the last event, Unix milliseconds
}

// Channel answers create_group.
type Channel struct {
	Ref
	Channel ChannelInfo `json:"channel"`
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
func (Channels) Type() string { return "channels" }

// Type implements [Frame].
func (Refreshed) Type() string { return "refreshed" }

// Type implements [Frame].
func (Ping) Type() string { return "ping" }

// Type implements [Frame].
func (*Error) Type() string { return "error" }

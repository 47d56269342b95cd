package wire

import (
	"bytes"
	"slices"

	"github.com/go-json-experiment/json/jsontext"
)

// Command is a frame from a client. Its one reply carries its ref.
type Command interface {
	// Type is the frame's name on the wire.
	Type() string
	// Reference is the client's own number for the command, echoed in the reply.
	Reference() uint64
	// Validate says what is wrong with the command on its face, as an [*Error] of code [CodeInvalid].
	// It knows limits, not channels: whether the act is allowed is the log's to say.
	Validate(Limits) error
}

// connectionOperations keep a connection.
var connectionOperations = []*Operation{
	Row[Connect, Welcome](ByConnections, ForRead),
	Row[Refresh, Refreshed](ByConnections, ForRead),
	Row[Pong, NoReply](ByConnections, ForRead),
}

// historyOperations read what was said.
var historyOperations = []*Operation{
	read[History, Page](),
	read[ListChannels, Channels](),
	read[GetChannel, Channel](),
	read[GetVersions, Versions](),
	read[GetPins, Page](),
	read[GetReactions, Reactions](),
}

// Ref numbers a command within its session. Zero is allowed where the client does not care for the reply's place.
type Ref struct {
	Ref uint64 `json:"ref,omitzero"`
}

// Reference implements [Command].
func (r Ref) Reference() uint64 { return r.Ref }

// Number gives the command its ref.
func (r *Ref) Number(ref uint64) { r.Ref = ref }

// Connect opens a session and is the first frame on every transport. Over HTTP the token may come in the
// Authorization header instead.
type Connect struct {
	Ref
	Version int     `json:"v"`
	Token   string  `json:"token,omitzero"`
	Resume  *Resume `json:"resume,omitzero"`
}

// Resume is how far a client has got: for each shard the highest pos it has seen, as of one epoch.
type Resume struct {
	Epoch     string   `json:"epoch"`
	Positions []uint64 `json:"positions"`
}

// Send stores a message. Exactly one of Channel and To is set; To opens the direct channel with
// that user. A send is retried with the same ClientID and content, and is then answered with the
// original id and seq.
//
// Sends of one session to one channel are stored in their order. Where one is refused and may be
// retried, those behind it are refused too, with its code where nothing else is to be said, until
// it comes again; whoever retries them in the order in which they were sent keeps that order.
// Whoever drops it may send others two seconds later.
type Send struct {
	Ref
	Channel  string  `json:"channel,omitzero"`
	To       string  `json:"to,omitzero"`
	ClientID string  `json:"client_id"`
	Content  Content `json:"content"`
}

// Content is what a message says. Text is Markdown, as CommonMark has it; to clients that show it plain it reads well too.
type Content struct {
	Text     string    `json:"text"`
	ReplyTo  uint64    `json:"reply_to,omitzero"` // seq of the message this one answers
	Mentions []Mention `json:"mentions,omitzero"`
	// Forwarded is whose words these are, where they were said elsewhere. Only the server sets it, see [Forward].
	Forwarded *Forwarded `json:"forwarded,omitzero"`
	// Rest holds the members that this version does not know, as an object; nil where there are none. See [Record].
	Rest jsontext.Value `json:"-"`
}

// Forwarded is where a forwarded message comes from. It does not tell the channel: not everybody may know of that.
type Forwarded struct {
	Sender    string `json:"sender"`
	Timestamp int64  `json:"timestamp"` // Unix milliseconds
}

// Equal reports whether two contents say the same.
func (c Content) Equal(o Content) bool {
	same := c.Text == o.Text && c.ReplyTo == o.ReplyTo && slices.Equal(c.Mentions, o.Mentions) && bytes.Equal(c.Rest, o.Rest)
	if c.Forwarded == nil || o.Forwarded == nil {
		return same && c.Forwarded == o.Forwarded
	}
	return same && *c.Forwarded == *o.Forwarded
}

// Mention is a part of the text that means somebody. Start and Length count Unicode code points, so that they mean the same to a
// client in Go, Swift or JavaScript, whatever emoji come before. Mentions ascend and do not overlap.
type Mention struct {
	Kind   MentionKind `json:"kind"`
	User   string      `json:"user,omitzero"` // of kind user
	Start  int         `json:"start"`
	Length int         `json:"length"`
}

// MentionKind says who is meant.
type MentionKind string

// The kinds of mention.
const (
	MentionUser    MentionKind = "user"
	MentionChannel MentionKind = "channel" // everybody in the channel
	MentionHere    MentionKind = "here"    // everybody in the channel who is online
)

// CreateGroup makes a group of the caller and Members. Retried with the same ClientID it answers with the same group.
type CreateGroup struct {
	Ref
	ClientID string   `json:"client_id"`
	Name     string   `json:"name"`
	Members  []string `json:"members"`
}

// History asks for one page of a channel's messages, in ascending order of seq: those before Before (exclusive),
// or after After (exclusive), or with neither the latest ones. For seq is dense, Before: Limit+1 is the first page.
// A page of large messages ends early, and says that there are more.
type History struct {
	Ref
	Seen
	Channel string `json:"channel"`
	Before  uint64 `json:"before,omitzero"`
	After   uint64 `json:"after,omitzero"`
	Limit   int    `json:"limit,omitzero"` // 50 where unset
}

// ListChannels asks for a window of the caller's channels, the most recently active first. Before goes on behind the last channel of the
// window that came before; a channel that becomes active meanwhile moves to the top, as its event tells.
type ListChannels struct {
	Ref
	Seen
	Before *ChannelPlace `json:"before,omitzero"`
	Limit  int           `json:"limit,omitzero"` // 50 where unset
}

// ChannelPlace is the place of a channel in the list: two members of its [ChannelInfo].
type ChannelPlace struct {
	Active int64  `json:"active"` // Unix milliseconds
	ID     string `json:"id"`
}

// GetChannel asks for a channel of the caller's, all its members included.
type GetChannel struct {
	Ref
	Seen
	Channel string `json:"channel"`
}

// GetVersions asks for all that a message said, its edits included, without the first After
// versions of it.
type GetVersions struct {
	Ref
	Seen
	Channel string `json:"channel"`
	Seq     uint64 `json:"seq"`
	After   int    `json:"after,omitzero"`
}

// GetPins asks for the pinned messages of a channel, the newest message first: with Before, for
// those before that seq.
type GetPins struct {
	Ref
	Seen
	Channel string `json:"channel"`
	Before  uint64 `json:"before,omitzero"`
}

// Refresh replaces the session's token before it expires. The user must stay the same.
type Refresh struct {
	Ref
	Token string `json:"token"`
}

// Pong answers a ping. It has no reply.
type Pong struct {
	Ref
}

// Type implements [Command].
func (Connect) Type() string { return "connect" }

// Type implements [Command].
func (Send) Type() string { return "send" }

// Key implements [Keyed].
func (g CreateGroup) Key() string { return g.ClientID }

// WithKey implements [Keyed].
func (g CreateGroup) WithKey(id string) Command { g.ClientID = id; return g }

// Type implements [Command].
func (CreateGroup) Type() string { return "create_group" }

// Type implements [Command].
func (History) Type() string { return "history" }

// Type implements [Command].
func (ListChannels) Type() string { return "list_channels" }

// Type implements [Command].
func (GetChannel) Type() string { return "get_channel" }

// Type implements [Command].
func (GetVersions) Type() string { return "get_versions" }

// Type implements [Command].
func (GetPins) Type() string { return "get_pins" }

// Type implements [Command].
func (Refresh) Type() string { return "refresh" }

// Type implements [Command].
func (Pong) Type() string { return "pong" }

package wire

import (
	"bytes"
	"slices"

	"github.com/go-json-experiment/json/jsontext"
)

// Command is a frame from a client. It gets one reply, which carries its ref.
type Command interface {
	// Type returns the frame's name on the wire.
	Type() string
	// Reference returns the client's own number for the command. The reply repeats it.
	Reference() uint64
	// Validate returns an [*Error] of code [CodeInvalid] if the command itself is wrong. It
	// knows limits but no channels: the log decides whether the command is allowed.
	Validate(Limits) error
}

// connectionOperations maintain a connection.
var connectionOperations = []*Operation{
	Row[Connect, Welcome](ByConnections, ForRead),
	Row[Refresh, Refreshed](ByConnections, ForRead),
	Row[Pong, NoReply](ByConnections, ForRead),
}

// historyOperations read channels and their messages.
var historyOperations = []*Operation{
	read[History, Page](),
	read[ListChannels, Channels](),
	read[GetChannel, Channel](),
	read[GetVersions, Versions](),
	read[GetPins, Page](),
	read[GetReactions, Reactions](),
}

// Ref numbers a command within its session. Zero is allowed if the client does not need to
// match the reply.
type Ref struct {
	Ref uint64 `json:"ref,omitzero"`
}

// Reference implements [Command].
func (r Ref) Reference() uint64 { return r.Ref }

// Number sets the ref of the command.
func (r *Ref) Number(ref uint64) { r.Ref = ref }

// Connect opens a session and is the first frame on every transport. Over HTTP the token may
// come in the Authorization header instead.
type Connect struct {
	Ref
	Version int     `json:"v"`
	Token   string  `json:"token,omitzero"`
	Resume  *Resume `json:"resume,omitzero"`
}

// Resume tells how far a client has got: the highest pos it has seen in each shard, within one
// epoch.
type Resume struct {
	Epoch     string   `json:"epoch"`
	Positions []uint64 `json:"positions"`
}

// Send stores a message. Exactly one of Channel and To is set; To opens the direct channel with
// that user. A client retries a send with the same ClientID and content, and then gets the
// original id and seq.
//
// Sends of one session to one channel are stored in their order. If one send is refused and may
// be retried, the later ones are refused too until the client retries it. They get the same
// code, unless they have an error of their own. A client that retries refused sends in their
// original order keeps that order. A client that gives up on the refused send can send other
// messages after two seconds.
type Send struct {
	Ref
	Channel  string  `json:"channel,omitzero"`
	To       string  `json:"to,omitzero"`
	ClientID string  `json:"client_id"`
	Content  Content `json:"content"`
}

// Content is the content of a message. Text is Markdown (CommonMark). It also reads well in
// clients that show it as plain text.
type Content struct {
	Text     string    `json:"text"`
	ReplyTo  uint64    `json:"reply_to,omitzero"` // seq of the message that this one answers
	Mentions []Mention `json:"mentions,omitzero"`
	// Forwarded tells the origin of a forwarded message. Only the server sets it, see
	// [Forward].
	Forwarded *Forwarded `json:"forwarded,omitzero"`
	// Rest holds the members that this version does not know, as an object, or nil if there are
	// none. See [Record].
	Rest jsontext.Value `json:"-"`
}

// Forwarded tells who sent the original of a forwarded message, and when. It does not name the
// channel, because readers may not know of that channel.
type Forwarded struct {
	Sender    string `json:"sender"`
	Timestamp int64  `json:"timestamp"` // Unix milliseconds
}

// Equal reports whether two contents are the same.
func (c Content) Equal(o Content) bool {
	same := c.Text == o.Text && c.ReplyTo == o.ReplyTo && slices.Equal(c.Mentions, o.Mentions) && bytes.Equal(c.Rest, o.Rest)
	if c.Forwarded == nil || o.Forwarded == nil {
		return same && c.Forwarded == o.Forwarded
	}
	return same && *c.Forwarded == *o.Forwarded
}

// Mention is a part of the text that refers to a user or to everybody in the channel. Start and
// Length count Unicode code points, so they mean the same to a client in Go, Swift or
// JavaScript, whatever emoji come before. Mentions ascend and do not overlap.
type Mention struct {
	Kind   MentionKind `json:"kind"`
	User   string      `json:"user,omitzero"` // only of kind user
	Start  int         `json:"start"`
	Length int         `json:"length"`
}

// MentionKind tells who is mentioned.
type MentionKind string

// The kinds of mentions.
const (
	MentionUser    MentionKind = "user"
	MentionChannel MentionKind = "channel" // everybody in the channel
	MentionHere    MentionKind = "here"    // everybody in the channel who is online
)

// CreateGroup makes a group of the caller and Members. A retry with the same ClientID returns
// the same group.
type CreateGroup struct {
	Ref
	ClientID string   `json:"client_id"`
	Name     string   `json:"name"`
	Members  []string `json:"members"`
}

// History asks for one page of a channel's messages, in ascending order of seq: those before
// Before (exclusive), or after After (exclusive), or the latest ones if neither is set. Because
// seq is dense, Before: Limit+1 gets the first page. A page of large messages ends early and
// says that there are more.
type History struct {
	Ref
	Seen
	Channel string `json:"channel"`
	Before  uint64 `json:"before,omitzero"`
	After   uint64 `json:"after,omitzero"`
	Limit   int    `json:"limit,omitzero"` // 50 if unset
}

// ListChannels asks for a window of the caller's channels, the most recently active first. With
// Before, the window starts after the last channel of the previous window. A channel that
// becomes active meanwhile moves to the top; the client learns this from the channel's event.
type ListChannels struct {
	Ref
	Seen
	Before *ChannelPlace `json:"before,omitzero"`
	Limit  int           `json:"limit,omitzero"` // 50 if unset
}

// ChannelPlace is the place of a channel in the list. It has two members of [ChannelInfo].
type ChannelPlace struct {
	Active int64  `json:"active"` // Unix milliseconds
	ID     string `json:"id"`
}

// GetChannel asks for a channel of the caller, including all its members.
type GetChannel struct {
	Ref
	Seen
	Channel string `json:"channel"`
}

// GetVersions asks for all versions of a message, original and edits, except the first After of
// them.
type GetVersions struct {
	Ref
	Seen
	Channel string `json:"channel"`
	Seq     uint64 `json:"seq"`
	After   int    `json:"after,omitzero"`
}

// GetPins asks for the pinned messages of a channel, the newest message first. With Before, it
// asks for those before that seq.
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

// Pong answers a ping. It gets no reply.
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

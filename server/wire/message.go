package wire

import (
	"bytes"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
)

// messageOperations store and change messages.
var messageOperations = []*Operation{
	change[Send](),
	Row[Forward, Ack](ByAnybody, ForCommit),
	change[Edit](),
	change[Delete](),
}

// Content is the content of a message. Text is Markdown (CommonMark). It also reads well in
// clients that show it as plain text.
type Content struct {
	Text     string    `json:"text"`
	ReplyTo  uint64    `json:"reply_to,omitzero"` // seq of the message that this one answers
	Mentions []Mention `json:"mentions,omitzero"`
	// Attachments are files, in the order in which they are shown. A message that has some may
	// be without text.
	Attachments []Attachment `json:"attachments,omitzero"`
	// Forwarded tells the origin of a forwarded message. Only the server sets it, see
	// [Forward].
	Forwarded *Forwarded `json:"forwarded,omitzero"`
	// Rest holds the members that this version does not know, as an object, or nil if there are
	// none. See [Record].
	Rest jsontext.Value `json:"-"`
}

// Equal reports whether two contents are the same.
func (c Content) Equal(o Content) bool {
	same := c.Text == o.Text && c.ReplyTo == o.ReplyTo && slices.Equal(c.Mentions, o.Mentions) &&
		equalAttachments(c.Attachments, o.Attachments) && bytes.Equal(c.Rest, o.Rest)
	if c.Forwarded == nil || o.Forwarded == nil {
		return same && c.Forwarded == o.Forwarded
	}
	return same && *c.Forwarded == *o.Forwarded
}

func (c Content) validate(l Limits) error {
	switch {
	case c.Forwarded != nil:
		return Errorf(CodeInvalid, "content.forwarded: only the server sets it; use the command forward")
	case len(c.Text) > l.TextBytes:
		return Errorf(CodeTooLarge, "content.text: has %d bytes; at most %d are allowed", len(c.Text), l.TextBytes)
	case !utf8.ValidString(c.Text):
		return Errorf(CodeInvalid, "content.text: must be UTF-8")
	case strings.ContainsFunc(c.Text, forbiddenInText):
		return Errorf(CodeInvalid, "content.text: must not contain control characters other than tab and line breaks")
	case len(c.Attachments) == 0 && invisible(c.Text):
		return Errorf(CodeInvalid, "content.text: must not be empty")
	}
	if err := validMentions(c.Text, c.Mentions); err != nil {
		return err
	}
	return validAttachments(c.Attachments)
}

// Forwarded tells who sent the original of a forwarded message, and when. It does not name the
// channel, because readers may not know of that channel.
type Forwarded struct {
	Sender    string `json:"sender"`
	Timestamp int64  `json:"timestamp"` // Unix milliseconds
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

// Type implements [Command].
func (Send) Type() string { return "send" }

// Validate implements [Command].
func (s Send) Validate(l Limits) error {
	if err := validDestination(s.Channel, s.To, s.ClientID); err != nil {
		return err
	}
	if err := s.Content.validate(l); err != nil {
		return err
	}
	return validTickets(s.Content.Attachments)
}

// Place implements [Change].
func (s Send) Place(user string) string {
	if s.To != "" {
		return DirectChannel(user, s.To)
	}
	return s.Channel
}

// Key implements [Change].
func (s Send) Key() string { return s.ClientID }

// WithKey implements [Keyed].
func (s Send) WithKey(id string) Command { s.ClientID = id; return s }

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

// Type implements [Frame].
func (Ack) Type() string { return "ack" }

// Forward sends the text and the attachments of a message to another channel, under its sender's
// name, without its mentions and its reply. The caller must be able to read the message. Exactly
// one of Channel and To is set, as for [Send]. Forward is about two channels, so it is not a
// [Change], but it is answered like one.
type Forward struct {
	Ref
	Seen
	Channel  string     `json:"channel,omitzero"`
	To       string     `json:"to,omitzero"`
	ClientID string     `json:"client_id"`
	From     ChannelSeq `json:"from"`
}

// Type implements [Command].
func (Forward) Type() string { return "forward" }

// Validate implements [Command].
func (f Forward) Validate(Limits) error {
	if err := f.validSeen(); err != nil {
		return err
	}
	switch {
	case !ValidChannel(f.From.Channel):
		return Errorf(CodeInvalid, "from.channel: is not the id of a channel")
	case f.From.Seq == 0:
		return Errorf(CodeInvalid, "from.seq: is missing; set it to the number of the message")
	}
	return validDestination(f.Channel, f.To, f.ClientID)
}

// Key implements [Keyed].
func (f Forward) Key() string { return f.ClientID }

// WithKey implements [Keyed].
func (f Forward) WithKey(id string) Command { f.ClientID = id; return f }

// Edit replaces the content of a message. Only the sender of the message may edit it, and a
// forwarded message cannot be edited. Earlier versions stay readable, so a message can be
// edited only as often as Limits.MessageEdits says; after that a new message has to correct it.
//
// An edit whose content has no attachments keeps the attachments of the message. If it has
// attachments, by their ids and captions, the message keeps these alone, in the new order; an empty
// list removes all. An edit cannot add attachments. A message that it leaves without any must have
// text.
type Edit struct {
	Ref
	Channel  string  `json:"channel"`
	Seq      uint64  `json:"seq"`
	ClientID string  `json:"client_id,omitzero"`
	Content  Content `json:"content"`
}

// Type implements [Command].
func (Edit) Type() string { return "edit" }

// Validate implements [Command].
func (c Edit) Validate(l Limits) error {
	if err := validTarget(c.Channel, c.Seq, c.ClientID); err != nil {
		return err
	}
	if err := c.Content.validate(l); err != nil {
		return err
	}
	return validWithoutTickets(c.Content.Attachments)
}

// Place implements [Change].
func (c Edit) Place(string) string { return c.Channel }

// Key implements [Change].
func (c Edit) Key() string { return c.ClientID }

// Delete erases a message for everybody: from the log and from everything derived from it. A
// tombstone keeps its place. The sender of the message may delete it. In a group, admins and
// the owner may delete it too, if the sender's role is below theirs.
type Delete struct {
	Ref
	Channel  string `json:"channel"`
	Seq      uint64 `json:"seq"`
	ClientID string `json:"client_id,omitzero"`
}

// Type implements [Command].
func (Delete) Type() string { return "delete" }

// Validate implements [Command].
func (c Delete) Validate(Limits) error { return validTarget(c.Channel, c.Seq, c.ClientID) }

// Place implements [Change].
func (c Delete) Place(string) string { return c.Channel }

// Key implements [Change].
func (c Delete) Key() string { return c.ClientID }

// Erased has the parts that remain of a deleted message.
type Erased struct {
	ID string `json:"id"`
	// ClientID lets the server recognise a retry of the send, which must not bring back the
	// deleted message.
	ClientID  string `json:"client_id,omitzero"`
	Sender    string `json:"sender"`
	Timestamp int64  `json:"timestamp"` // Unix milliseconds
	// Said is the time of the channel's last message, which the log may lose by the deletion.
	Said int64 `json:"said,omitzero"`
}

// Folded has the changes of a message by later events. Pages have it; the log and live events do
// not.
type Folded struct {
	Edited    int64      `json:"edited,omitzero"`  // time of the last edit, Unix milliseconds
	Edits     int        `json:"edits,omitzero"`   // how often it was edited
	Deleted   bool       `json:"deleted,omitzero"` // a tombstone: its content is gone
	Pinned    bool       `json:"pinned,omitzero"`
	Reactions []Reaction `json:"reactions,omitzero"` // in the order in which the emoji were first used
}

func validDestination(channel, to, clientID string) error {
	switch {
	case (channel == "") == (to == ""):
		return Errorf(CodeInvalid, "channel, to: set one of the two")
	case to != "" && !ValidUser(to):
		return invalidUser("to")
	case channel != "" && !ValidChannel(channel):
		return invalidChannel()
	case !ValidClientID(clientID):
		return invalidClientID()
	}
	return nil
}

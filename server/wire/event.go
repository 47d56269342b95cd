package wire

import "github.com/go-json-experiment/json/jsontext"

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
	KindProfile  Kind = "profile"  // changes the profile of a user, in that user's own channel
	KindPin      Kind = "pin"      // pins a message: target, and remove if the pin was removed
	KindNote     Kind = "note"     // a note of the server for itself; only the log has it
)

// Event is anything in a channel's log. The log stores its [Record]. The server adds shard, pos
// and channel, the record's place in the log, when it sends the event.
//
// The seqs of messages are dense, with one exception. If a message was deleted before the
// session, or its node, got that far, then the events after a resume may leave out the message
// and its changes. The event of kind delete still comes, and pages show the tombstone.
//
// Versions ascend, and are dense in the log. A client does not get every one: not the changes of
// messages from before its user came, which do not exist for that user, and no notes. The event
// that refuses a user's request to join has version 0 and no last for that user, who is no member.
type Event struct {
	Record
	Shard   int    `json:"shard"`
	Pos     uint64 `json:"pos"`
	Channel string `json:"channel"`
}

// Type implements [Frame].
func (Event) Type() string { return "event" }

// Record is an event as the log stores it.
//
// An event counts if its version is the next of its channel. Every other event in the log is
// void for everybody. See channel.Head.Follows for the whole rule.
type Record struct {
	Kind    Kind   `json:"kind"`
	Version uint64 `json:"version"` // dense per channel in the log, over all kinds
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
	// Unix milliseconds by the writer's clock. It is earlier than the last event's time only if
	// that was dated by a clock that was wrong. The numbers of events say their order.
	Timestamp int64 `json:"timestamp"`
	// Clock is the writer's clock, on events of earlier versions, if the timestamp is far ahead
	// of it.
	Clock   int64    `json:"clock,omitzero"`
	Content *Content `json:"content,omitzero"`
	Meta    *Meta    `json:"meta,omitzero"`

	Target uint64  `json:"target,omitzero"` // seq of the message that an edit, delete, reaction or pin is about
	Emoji  string  `json:"emoji,omitzero"`
	Remove bool    `json:"remove,omitzero"`
	Erased *Erased `json:"erased,omitzero"`

	Setting *Setting       `json:"setting,omitzero"`
	Note    *Note          `json:"note,omitzero"`
	Profile *ProfileChange `json:"profile,omitzero"`
	// Push is where the subscription leads whose setting the event is. No client gets it.
	Push *PushTarget `json:"push,omitzero"`

	// A new kind of event brings one pointer to a struct of its own, never loose members like
	// target, emoji and remove. So the other kinds pay one word for it, and a reader sees which
	// members belong together.

	Folded

	// Rest holds the members that this version does not know, as an object, or nil if there are
	// none. A newer node has written them. [DecodeRecord] sets it and [EncodeRecord] writes it.
	Rest jsontext.Value `json:"-"`
}

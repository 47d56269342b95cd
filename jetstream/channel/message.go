package channel

import (
	"slices"

	"github.com/go-json-experiment/json/jsontext"

	"natterjack/server/wire"
)

// Message is a message with all its later changes. It is immutable: [Fold] makes the next one.
type Message struct {
	Seq       uint64
	Version   uint64 // of the event that created it; 0 if that event is gone
	Pos       uint64 // of the last event that created or changed it
	ID        string
	ClientID  string
	Sender    string
	Timestamp int64          // Unix milliseconds
	Content   *wire.Content  // nil if deleted
	Rest      jsontext.Value // members of its record that this version does not know
	wire.Folded
}

// Record returns the message as a record for a page.
func (m *Message) Record() *wire.Record {
	return &wire.Record{
		Kind: wire.KindMessage, Version: m.Version, ID: m.ID, ClientID: m.ClientID, Sender: m.Sender, Seq: m.Seq, Timestamp: m.Timestamp,
		Content: m.Content, Folded: m.Folded, Rest: m.Rest,
	}
}

// About returns the seq of the message that an event creates or changes, or 0 if it is about
// none.
func About(r *wire.Record) uint64 {
	switch r.Kind {
	case wire.KindMessage:
		return r.Seq
	case wire.KindEdit, wire.KindDelete, wire.KindReaction, wire.KindPin:
		return r.Target
	default:
		return 0
	}
}

// Fold returns a message after one more event about it. m is nil before the first event. A
// deletion needs no m, because the deleted message may be gone from the log. Any other change
// of a missing or deleted message changes nothing.
func Fold(m *Message, pos uint64, r *wire.Record) *Message {
	switch {
	case r.Kind == wire.KindMessage:
		return &Message{Seq: r.Seq, Version: r.Version, Pos: pos, ID: r.ID, ClientID: r.ClientID, Sender: r.Sender, Timestamp: r.Timestamp, Content: r.Content, Rest: r.Rest}
	case r.Kind == wire.KindDelete && r.Erased != nil:
		return &Message{
			Seq: r.Target, Pos: pos, ID: r.Erased.ID, Sender: r.Erased.Sender, Timestamp: r.Erased.Timestamp,
			Folded: wire.Folded{Deleted: true},
		}
	case m == nil || m.Deleted:
		return m
	}
	next := *m
	next.Pos = pos
	switch r.Kind {
	case wire.KindEdit:
		next.Content, next.Edited, next.Edits = r.Content, r.Timestamp, m.Edits+1
	case wire.KindPin:
		next.Pinned = !r.Remove
	case wire.KindReaction:
		next.Reactions = react(m.Reactions, r)
	// This deletion does not describe the message it erased. The message is deleted anyway.
	case wire.KindDelete:
		next.ClientID, next.Content, next.Folded = "", nil, wire.Folded{Deleted: true}
	default: // written by a newer node
		return m
	}
	return &next
}

// react returns a list of reactions after one more. It does not change the given list.
func react(reactions []wire.Reaction, r *wire.Record) []wire.Reaction {
	next := slices.Clone(reactions)
	i := slices.IndexFunc(next, func(x wire.Reaction) bool { return x.Emoji == r.Emoji })
	if i < 0 {
		if r.Remove {
			return next
		}
		return append(next, wire.Reaction{Emoji: r.Emoji, Users: []string{r.Sender}})
	}
	users := slices.Clone(next[i].Users)
	at, found := slices.BinarySearch(users, r.Sender)
	switch {
	case found && r.Remove:
		users = slices.Delete(users, at, at+1)
	case !found && !r.Remove:
		users = slices.Insert(users, at, r.Sender)
	}
	if len(users) == 0 {
		return orNil(slices.Delete(next, i, i+1))
	}
	next[i].Users = users
	return next
}

// Reacted reports whether a user has reacted with an emoji.
func (m *Message) Reacted(user, emoji string) bool {
	for _, r := range m.Reactions {
		if r.Emoji == emoji {
			_, found := slices.BinarySearch(r.Users, user)
			return found
		}
	}
	return false
}

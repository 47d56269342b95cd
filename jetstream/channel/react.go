package channel

import (
	"strings"

	"natterjack/server/wire"
)

// react adds an emoji of the user, or takes it back. From a deleted message there is nothing to
// take back.
func (a *act) react(c wire.React) ([]wire.Record, error) {
	m, err := a.message(c.Seq)
	switch {
	case err != nil:
		return nil, err
	case m == nil:
		return nil, noMessage()
	case m.Deleted && !c.Remove:
		return nil, deleted()
	}
	emoji, known := m.emoji(c.Emoji)
	switch {
	case m.Reacted(a.user, emoji) != c.Remove:
		return nil, nil
	case !known && len(m.Reactions) >= MaxEmoji:
		return nil, tooMany("emoji: different ones of a message", MaxEmoji)
	}
	return a.event(wire.KindReaction, wire.Record{Target: c.Seq, Emoji: emoji, Remove: c.Remove}), nil
}

// emoji returns an emoji in the form that the message already has, and whether the message has
// it.
func (m *Message) emoji(emoji string) (string, bool) {
	for _, r := range m.Reactions {
		if sameEmoji(r.Emoji, emoji) {
			return r.Emoji, true
		}
	}
	return emoji, false
}

// sameEmoji reports whether two emoji look the same. Some keyboards write the variation
// selector that asks for the picture and some do not. Without this check, two equal hearts
// would each have a count of their own.
func sameEmoji(a, b string) bool { return a == b || bare(a) == bare(b) }

func bare(emoji string) string { return strings.ReplaceAll(emoji, "\ufe0f", "") }

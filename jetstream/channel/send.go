package channel

import (
	"slices"

	"natterjack/server/wire"
)

// send returns the event of a message. If it is the first of a direct channel, the channel's
// creation comes before it.
func (a *act) send(c wire.Send) ([]wire.Record, error) {
	opened := a.open()
	if err := a.may(c); err != nil {
		return nil, err
	}
	if err := withFacts(c.Content.Attachments); err != nil {
		return nil, err
	}
	seq := a.st.Seq + 1
	if err := a.validReply(c.Content.ReplyTo, seq); err != nil {
		return nil, err
	}
	if wait := a.st.wait(a.user, a.now()); wait > 0 {
		return nil, a.tooSoon(wait)
	}
	content := c.Content
	events := append(opened, a.here(seq, nil, &content)...)
	return append(events, a.event(wire.KindMessage, wire.Record{Seq: seq, Content: &content})...), nil
}

// open returns the event that creates a direct channel, if it does not exist and the user is
// one of its two users. It continues with the state after that event.
func (a *act) open() []wire.Record {
	x, y, ok := wire.DirectUsers(a.channel)
	if !ok || a.st.Exists() || a.user != x && a.user != y {
		return nil
	}
	created := wire.Record{
		Kind: wire.KindMeta,
		ID:   a.env.NewID(), Sender: a.user, Timestamp: a.now(), // no client id: the message has it
		Meta: &wire.Meta{Action: wire.ActionCreated, Kind: wire.Direct, Members: slices.Compact([]string{x, y})},
	}
	a.st = Apply(a.st, a.channel, 0, &created)
	return []wire.Record{created}
}

// validReply checks the message that a reply answers. It must come before the reply, and the
// sender of the reply must be allowed to see it. seq is dense, so each lower number is a
// message or a tombstone. A tombstone may be answered too, because the sender may not have seen
// the deletion yet.
func (a *act) validReply(to, seq uint64) error {
	if to == 0 {
		return nil
	}
	if to < seq {
		if sees, err := a.sees(to); sees || err != nil {
			return err
		}
	}
	return wire.Errorf(wire.CodeInvalid, "content.reply_to: there is no message with this number before this one")
}

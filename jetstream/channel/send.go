package channel

import (
	"slices"

	"natterjack/server/wire"
)

// send gives the message, and before it the creation of a direct channel in which nobody has spoken yet.
func (a *act) send(c wire.Send) ([]wire.Record, error) {
	opened := a.open()
	if err := a.may(c); err != nil {
		return nil, err
	}
	seq := a.st.Seq + 1
	if err := a.validReply(c.Content.ReplyTo, seq); err != nil {
		return nil, err
	}
	if wait := a.st.wait(a.user, a.clock()); wait > 0 {
		return nil, a.tooSoon(wait)
	}
	content := c.Content
	return append(opened, a.event(wire.KindMessage, wire.Record{Seq: seq, Content: &content})...), nil
}

// open gives the event that creates a direct channel where the user is one of its two and it is not there, and goes on from the
// state after it.
func (a *act) open() []wire.Record {
	x, y, ok := wire.DirectUsers(a.id)
	if !ok || a.st.Exists() || a.user != x && a.user != y {
		return nil
	}
	created := wire.Record{
		Kind: wire.KindMeta,
		ID:   a.env.NewID(), Sender: a.user, Timestamp: a.now(), // without the client id: that is the message's
		Meta: &wire.Meta{Action: wire.ActionCreated, Kind: wire.Direct, Members: slices.Compact([]string{x, y})},
	}
	a.st = Apply(a.st, a.id, 0, &created)
	return []wire.Record{created}
}

// validReply: a message answers one before it that its sender may see. seq is dense, so each number before is a message or what is
// left of a deleted one, which may be answered too: whoever writes the answer may not have seen yet that it is gone.
func (a *act) validReply(to, seq uint64) error {
	if to == 0 {
		return nil
	}
	if to < seq {
		if sees, err := a.sees(to); sees || err != nil {
			return err
		}
	}
	return wire.Errorf(wire.CodeInvalid, "content.reply_to: there is no such message before this one")
}

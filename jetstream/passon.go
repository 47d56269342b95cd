package jetstream

import (
	"context"
	"errors"

	"natterjack/jetstream/channel"
	"natterjack/jetstream/operation"
	"natterjack/server/wire"
)

// passOn sends the words of a message on. They are read here, as the user may read them, for the writer of the one channel knows
// nothing of the other, and then sent like any others.
func (l *Log) passOn(ctx context.Context, c operation.Caller, f wire.Forward) (wire.Ack, error) {
	m, err := l.readable(ctx, c.User, f.From)
	if err != nil {
		return l.passedOn(ctx, c.User, &f, err)
	}
	content := wire.Content{Text: m.Content.Text, Forwarded: m.Content.Forwarded}
	if content.Forwarded == nil { // what is forwarded on stays its author's
		content.Forwarded = &wire.Forwarded{Sender: m.Sender, Timestamp: m.Timestamp}
	}
	return l.wait(ctx, newChange(c.User, wire.Send{Channel: f.Channel, To: f.To, ClientID: f.ClientID, Content: content}))
}

// passedOn is the ack of a forward that was stored before, for a retry whose source the user may not read any more, or else why not.
func (l *Log) passedOn(ctx context.Context, user string, f *wire.Forward, why error) (wire.Ack, error) {
	place := wire.Send{Channel: f.Channel, To: f.To}.Place(user)
	shard := l.layout.shardOf(place)
	if err := l.awaitKnown(ctx, place); err != nil {
		return wire.Ack{}, err
	}
	ev, err := l.view.Find(place, user, f.ClientID)
	if err != nil || ev == nil {
		return wire.Ack{}, errors.Join(why, err)
	}
	r, err := storedAs(ev, f.ClientID)
	if err != nil || r.Kind != wire.KindMessage || r.Content != nil && r.Content.Forwarded == nil {
		return wire.Ack{}, errors.Join(why, err)
	}
	return ackOf(shard, ev, r), nil
}

// readable is a message that a user may read and that says something.
func (l *Log) readable(ctx context.Context, user string, at wire.ChannelSeq) (*channel.Message, error) {
	if _, err := l.awaitChannel(ctx, user, at.Channel); err != nil {
		return nil, err
	}
	shown, err := l.view.Shows(user, at.Channel, at.Seq)
	if err != nil {
		return nil, err
	}
	m, err := l.view.Message(at.Channel, at.Seq)
	switch {
	case err != nil:
		return nil, err
	case !shown, m == nil, m.Deleted, m.Content == nil:
		return nil, wire.Errorf(wire.CodeInvalid, "from.seq: there is no message of this number that you can read")
	}
	return m, nil
}

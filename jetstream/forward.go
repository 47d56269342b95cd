package jetstream

import (
	"context"
	"errors"
	"time"

	"natterjack/jetstream/channel"
	"natterjack/jetstream/internal/write"
	"natterjack/jetstream/operation"
	"natterjack/server/wire"
)

// forward forwards the content of a message. It reads the content here, under the user's rights,
// because the writer of the target channel knows nothing of the source channel. Then it sends
// the content like that of any other message.
func (l *Log) forward(ctx context.Context, c operation.Caller, f wire.Forward) (wire.Ack, error) {
	m, err := l.readable(ctx, c.User, f.From)
	if err != nil {
		return l.forwarded(ctx, c.User, &f, err)
	}
	if len(m.Content.Attachments) > 0 && l.Level() != nil {
		// This node may not know yet that the message was deleted, and its files with it.
		return wire.Ack{}, wire.Errorf(wire.CodeUnavailable, "this node is behind the log; retry").After(time.Second)
	}
	content := wire.Content{Text: m.Content.Text, Attachments: m.Content.Attachments, Forwarded: m.Content.Forwarded}
	// A message that is forwarded again keeps its first author.
	if content.Forwarded == nil {
		content.Forwarded = &wire.Forwarded{Sender: m.Sender, Timestamp: m.Timestamp}
	}
	return l.wait(ctx, write.Change(c.User, wire.Send{Channel: f.Channel, To: f.To, ClientID: f.ClientID, Content: content}))
}

// forwarded returns the ack of a forward that was stored before, or the error why. It serves a
// retry by a user who may not read the source any more. The forward may have been stored through
// another node, so this node becomes level before it says that there is none.
func (l *Log) forwarded(ctx context.Context, user string, f *wire.Forward, why error) (wire.Ack, error) {
	ctx, cancel := context.WithTimeout(ctx, ownReadTimeout)
	defer cancel()
	place := wire.Send{Channel: f.Channel, To: f.To}.Place(user)
	if err := l.awaitLatest(ctx, place); err != nil {
		return wire.Ack{}, err
	}
	ev, err := l.view.Find(place, user, f.ClientID)
	if ev == nil && err == nil {
		if err := l.awaitLevel(ctx, l.layout.shardOf(place)); err != nil {
			return wire.Ack{}, wire.Errorf(wire.CodeUnavailable, "this node is behind the log; retry").After(time.Second)
		}
		ev, err = l.view.Find(place, user, f.ClientID)
	}
	if err != nil || ev == nil {
		return wire.Ack{}, errors.Join(why, err)
	}
	ack, r, err := write.Original(l.layout.shardOf(place), ev, f.ClientID)
	if err != nil || r.Kind != wire.KindMessage || r.Content != nil && r.Content.Forwarded == nil {
		return wire.Ack{}, errors.Join(why, err)
	}
	return ack, nil
}

// readable returns a message that the user may read and that has content.
func (l *Log) readable(ctx context.Context, user string, at wire.ChannelSeq) (*channel.Message, error) {
	if _, err := l.awaitMessage(ctx, user, at); err != nil {
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

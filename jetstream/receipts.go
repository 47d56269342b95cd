package jetstream

import (
	"context"
	"slices"
	"strings"

	"github.com/nats-io/nats.go/jetstream"

	"natterjack/jetstream/channel"
	"natterjack/jetstream/receipts"
	"natterjack/server/wire"
)

// openReceipts makes what is missing of the streams of receipts, as [openStreams] does of the log's.
func openReceipts(ctx context.Context, js jetstream.JetStream, shards, replicas int) error {
	for shard := range shards {
		if _, err := openStream(ctx, js, receipts.StreamConfig(shard, replicas)); err != nil {
			return err
		}
	}
	return nil
}

// Read moves the user's cursors in a channel up to a message, or to the last one that this node knows where seq is beyond that. It
// returns before they are stored: a node that dies forgets up to half a second.
func (l *Log) Read(ctx context.Context, user, channel string, seq uint64) error {
	st, err := l.awaitChannel(ctx, user, channel)
	if err != nil {
		return err
	}
	return l.receipts.Move(channel, user, receipts.Mark{Read: min(seq, st.Seq)})
}

// Received moves the user's cursors of what was delivered, as Read does of what was read. Channels that he is not in are passed
// over: he may have left one of many since the message came.
func (l *Log) Received(ctx context.Context, user string, cursors []wire.ChannelSeq) error {
	for _, c := range cursors {
		if err := l.awaitKnown(ctx, c.Channel); err != nil {
			return err
		}
		st, err := l.view.Channel(c.Channel)
		if err != nil {
			return err
		}
		if !st.Member(user) {
			continue
		}
		if err := l.receipts.Move(c.Channel, user, receipts.Mark{Delivered: min(c.Seq, st.Seq)}); err != nil {
			return err
		}
	}
	return nil
}

// ReadOf is the last message that the user has read in a channel, or 0. It is for his own eyes and does not ask whether
// he is a member.
func (l *Log) ReadOf(user, channel string) uint64 { return l.receipts.Own(channel, user).Read }

// OwnReceipt is how far a user has got, as he sees it himself.
func (l *Log) OwnReceipt(user, channel string) wire.Receipt {
	m := l.receipts.Own(channel, user)
	return wire.Receipt{User: user, Read: m.Read, Delivered: m.Delivered}
}

// Receipts is how far each member of a channel has got of whom something is known, by user, as a member may see it.
func (l *Log) Receipts(ctx context.Context, user, channel string) ([]wire.Receipt, error) {
	st, err := l.awaitChannel(ctx, user, channel)
	if err != nil {
		return nil, err
	}
	m := &Moved{log: l, state: st}
	l.receipts.All(channel, m.add)
	m.hide()
	cursors := slices.DeleteFunc(m.For(m.Sight(user)), func(r wire.Receipt) bool { return r.User == user })
	if own := l.OwnReceipt(user, channel); own.Delivered > 0 {
		i, _ := slices.BinarySearchFunc(cursors, user, func(r wire.Receipt, user string) int { return strings.Compare(r.User, user) })
		cursors = slices.Insert(cursors, i, own)
	}
	return cursors, nil
}

// ListenReceipts has somebody told of cursors that move, in place of whoever was before. What he is told is only that; what may
// be seen of it, and by whom, [Log.Moved] says.
func (l *Log) ListenReceipts(to receipts.Listener) { l.receipts.Listen(to) }

// Moved is how far users in a channel have got by now. Those who are not members of it are left out.
func (l *Log) Moved(channel string, users []string) (*Moved, error) {
	st, err := l.view.Channel(channel)
	if err != nil {
		return nil, err
	}
	m := &Moved{log: l, state: st}
	for _, user := range users {
		m.add(user, l.receipts.Stored(channel, user))
	}
	m.hide()
	return m, nil
}

// Moved is some of a channel's cursors, for many to see. It is not for concurrent use.
type Moved struct {
	log     *Log
	state   *channel.State
	cursors []wire.Receipt // without what their users keep to themselves
}

// Sight is how much somebody may see of others' cursors.
type Sight int

// Each sees what the one before sees, and more.
const (
	SeesNothing   Sight = iota // is not a member, or one of the two has blocked the other
	SeesDelivered              // keeps to himself what he has read
	SeesRead
)

// add is for members alone.
func (m *Moved) add(user string, mark receipts.Mark) {
	if m.state.Member(user) {
		m.cursors = append(m.cursors, wire.Receipt{User: user, Read: mark.Read, Delivered: mark.Delivered})
	}
}

// hide takes out what users keep to themselves.
func (m *Moved) hide() {
	for i := range m.cursors {
		if m.log.view.Discreet(m.cursors[i].User) {
			m.cursors[i].Read = 0
		}
	}
}

// Sight is that of a user.
func (m *Moved) Sight(user string) Sight {
	switch {
	case !m.state.Member(user) || m.apart():
		return SeesNothing
	case m.log.view.Discreet(user):
		return SeesDelivered
	default:
		return SeesRead
	}
}

// apart reports whether the channel is one of two of whom one has blocked the other.
func (m *Moved) apart() bool {
	a, b, direct := wire.DirectUsers(m.state.ID)
	return direct && (m.log.view.Blocked(a, b) || m.log.view.Blocked(b, a))
}

// For are the cursors for a sight, of which something is to be seen.
func (m *Moved) For(s Sight) []wire.Receipt {
	cursors := make([]wire.Receipt, 0, len(m.cursors))
	for _, c := range m.cursors {
		if s < SeesRead {
			c.Read = 0
		}
		if s > SeesNothing && c.Delivered > 0 {
			cursors = append(cursors, c)
		}
	}
	return cursors
}

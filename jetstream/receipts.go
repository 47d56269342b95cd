package jetstream

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"

	"github.com/nats-io/nats.go/jetstream"

	"natterjack/jetstream/channel"
	"natterjack/jetstream/internal/write"
	"natterjack/jetstream/operation"
	"natterjack/jetstream/receipts"
	"natterjack/jetstream/view"
	"natterjack/server/wire"
)

// openReceipts creates the missing streams of receipts, as [openStreams] does for the log.
func openReceipts(ctx context.Context, js jetstream.JetStream, shards, replicas int) error {
	for shard := range shards {
		if _, err := openStream(ctx, js, receipts.StreamConfig(shard, replicas)); err != nil {
			return err
		}
	}
	return nil
}

func (l *Log) newReceipts(log *slog.Logger) *receipts.Store {
	return receipts.New(receipts.Config{
		Conn: l.conn, JS: l.js, View: l.view, Shards: l.layout.shards, ShardOf: l.layout.shardOf, Epoch: l.layout.epoch, Node: l.engine.Name(), Leads: l.engine.LeadsStream,
		Logger: log,
		Room: func() error {
			if l.room.state.Load() == full {
				return write.StorageFull()
			}
			return nil
		},
		End: func(ctx context.Context, shard int) (uint64, error) { return lastPos(ctx, l.js, shard) },
		Await: func(ctx context.Context, shard int, pos uint64) error {
			return l.shards[shard].follower.Await(ctx, pos)
		},
		Reaches: func(ctx context.Context, stream string, seq uint64) (bool, error) {
			return streamReaches(ctx, l.js, stream, seq)
		},
	})
}

// awaitReceipts waits until the view has the receipts that were stored when Run began, two
// seconds after that at most.
func (l *Log) awaitReceipts(ctx context.Context) error {
	select {
	case <-l.receipts.Level():
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// awaitLevel waits until this node's view shows everything that a shard's stream has at the
// time of the call.
func (l *Log) awaitLevel(ctx context.Context, shard int) error {
	last, err := lastPos(ctx, l.js, shard)
	if err != nil {
		return err
	}
	return l.shards[shard].follower.Await(ctx, last)
}

// read moves the user's cursors in a channel up to a message, or to the last message where seq
// is beyond it. It returns before they are stored: a node that dies loses the receipts of the
// last moment.
func (l *Log) read(ctx context.Context, c operation.Caller, cmd wire.Read) (done wire.Done, err error) {
	st, err := l.awaitMessage(ctx, c.User, wire.ChannelSeq{Channel: cmd.Channel, Seq: cmd.Seq})
	if err != nil {
		return done, err
	}
	return done, l.receipts.Move(cmd.Channel, c.User, receipts.Mark{Read: min(cmd.Seq, st.Seq)})
}

// received moves the user's cursors of delivered messages, as read moves the cursors of read
// messages. It skips channels that the user is not in: they may have left one of many since the
// message came.
func (l *Log) received(ctx context.Context, c operation.Caller, cmd wire.Received) (done wire.Done, err error) {
	if err := l.awaitSaid(ctx, c.User, cmd.Cursors...); err != nil {
		return done, err
	}
	for _, at := range cmd.Cursors {
		if err := l.awaitLatest(ctx, at.Channel); err != nil {
			return done, err
		}
		st, err := l.member(c.User, at.Channel)
		if errors.Is(err, channel.Forbidden()) {
			continue
		}
		if err != nil {
			return done, err
		}
		if err := l.receipts.Move(at.Channel, c.User, receipts.Mark{Delivered: min(at.Seq, st.Seq)}); err != nil {
			return done, err
		}
	}
	return done, nil
}

// OwnReceipt returns how far a user has got, as the user sees it. It does not check membership.
func (l *Log) OwnReceipt(user, channel string) (wire.Receipt, error) {
	m, err := l.receipts.Own(channel, user)
	if err == nil {
		m, err = l.raised(channel, user, m)
	}
	return wire.Receipt{User: user, Read: m.Read, Delivered: m.Delivered}, err
}

// raised returns a user's place in a channel, given one that the user has at least reached.
func (l *Log) raised(channel, user string, m receipts.Mark) (receipts.Mark, error) {
	known, err := l.view.Places(channel, user)
	for _, r := range known {
		m.Read, m.Delivered = max(m.Read, r.Read), max(m.Delivered, r.Delivered)
	}
	return m, err
}

// receiptsOf answers get_receipts.
func (l *Log) receiptsOf(ctx context.Context, c operation.Caller, cmd wire.GetReceipts) (wire.Receipts, error) {
	cursors, err := l.cursors(ctx, c.User, cmd.Channel)
	return wire.Receipts{Channel: cmd.Channel, Cursors: cursors}, err
}

// cursors returns the known cursors of a channel's members, by user, as the given member may
// see them.
func (l *Log) cursors(ctx context.Context, user, channel string) ([]wire.Receipt, error) {
	st, err := l.awaitChannel(ctx, user, channel)
	if err == nil {
		err = l.awaitReceipts(ctx)
	}
	if err != nil {
		return nil, err
	}
	m := &Receipts{log: l, state: st}
	if err := m.read(); err != nil {
		return nil, err
	}
	cursors := slices.DeleteFunc(m.For(m.Sight(user)), func(r wire.Receipt) bool { return r.User == user })
	own, err := l.OwnReceipt(user, channel)
	if err != nil {
		return nil, err
	}
	if own.Delivered > 0 {
		i, _ := slices.BinarySearchFunc(cursors, user, func(r wire.Receipt, user string) int { return strings.Compare(r.User, user) })
		cursors = slices.Insert(cursors, i, own)
	}
	return cursors, nil
}

// ListenReceipts registers the listener that is told of cursors that move, in place of an earlier
// one. It is told only that they moved. [Log.ReceiptsOf] says which users may see them.
func (l *Log) ListenReceipts(to receipts.Listener) {
	l.receipts.Listen(&raising{Listener: to, log: l})
}

// raising is a listener that is told of own cursors as the log shows them: raised to the user's
// own last message.
type raising struct {
	receipts.Listener
	log *Log
}

// OwnMoved implements [receipts.Listener].
func (r *raising) OwnMoved(channel, user string, own receipts.Mark) {
	own, err := r.log.raised(channel, user, own)
	if err != nil {
		r.log.log.Warn("a user's own receipt could not be read", "channel", channel, "error", err)
	}
	r.Listener.OwnMoved(channel, user, own)
}

// tellSent tells the listener which users have sent messages: they have read their channels up to
// their messages.
func (l *Log) tellSent(applied []view.Applied) {
	for i := range applied {
		if a := &applied[i]; a.Kind == wire.KindMessage {
			l.receipts.Sent(a.Channel, a.Sender)
		}
	}
}

// ReceiptsOf returns the current cursors of users in a channel. It leaves out users who are not
// members.
func (l *Log) ReceiptsOf(channel string, users []string) (*Receipts, error) {
	st, err := l.view.Channel(channel)
	if err != nil {
		return nil, err
	}
	m := &Receipts{log: l, state: st}
	return m, m.read(users...)
}

// Receipts are some of a channel's cursors, for many users to see. They are not for concurrent use.
type Receipts struct {
	log     *Log
	state   *channel.State
	cursors []wire.Receipt // without cursors that their users keep private
}

// Sight is how much a user may see of other users' cursors.
type Sight int

// Each value allows more than the value before.
const (
	SeesNothing   Sight = iota // not a member, or one of the two has blocked the other
	SeesDelivered              // keeps their receipts private
	SeesRead
)

// read reads the cursors of some users, or of all, as far as they are members. It leaves out
// cursors that their users keep private.
func (m *Receipts) read(users ...string) error {
	if m.state == nil {
		return nil
	}
	stored, err := m.log.view.Places(m.state.ID, users...)
	if err != nil {
		return err
	}
	for i := range stored {
		r := wire.Receipt{User: stored[i].User, Read: stored[i].Read, Delivered: stored[i].Delivered}
		if !m.state.Member(r.User) {
			continue
		}
		if m.log.view.Discreet(r.User) {
			r.Read = 0
		}
		m.cursors = append(m.cursors, r)
	}
	return nil
}

// Sight returns how much a user may see.
func (m *Receipts) Sight(user string) Sight {
	switch {
	case !m.state.Member(user) || m.apart():
		return SeesNothing
	case m.log.view.Discreet(user):
		return SeesDelivered
	default:
		return SeesRead
	}
}

// apart reports whether this is a direct channel in which one user has blocked the other.
func (m *Receipts) apart() bool {
	a, b, direct := wire.DirectUsers(m.state.ID)
	return direct && (m.log.view.Blocked(a, b) || m.log.view.Blocked(b, a))
}

// For returns the cursors that a sight allows to see.
func (m *Receipts) For(s Sight) []wire.Receipt {
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

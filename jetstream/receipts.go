package jetstream

import (
	"context"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"natterjack/jetstream/channel"
	"natterjack/jetstream/operation"
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

func (l *Log) newReceipts(log *slog.Logger) *receipts.Store {
	return receipts.New(receipts.Config{
		Conn: l.conn, JS: l.js, View: l.view, Shards: l.layout.shards, ShardOf: l.layout.shardOf, Epoch: l.layout.epoch, Node: l.engine.Name(), Leads: l.engine.LeadsStream,
		Logger: log,
		Room: func() error {
			if l.room.state.Load() == full {
				return storageFull()
			}
			return nil
		},
		End:   func(ctx context.Context, shard int) (uint64, error) { return lastPos(ctx, l.js, shard) },
		Await: func(ctx context.Context, shard int, pos uint64) error { return l.followers[shard].await(ctx, pos) },
		Reaches: func(ctx context.Context, stream string, seq uint64) (bool, error) {
			return streamReaches(ctx, l.js, stream, seq)
		},
	})
}

// awaitReceipts waits for the receipts that were stored when Run began, for a moment at most.
func (l *Log) awaitReceipts(ctx context.Context) error {
	select {
	case <-l.receipts.Level():
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// awaitLevel waits until this node's view shows all of a shard that there is by now.
func (l *Log) awaitLevel(ctx context.Context, shard int) error {
	last, err := lastPos(ctx, l.js, shard)
	if err != nil {
		return err
	}
	return l.followers[shard].await(ctx, last)
}

// read moves the user's cursors in a channel up to a message, or to the last one where seq is beyond that. It returns before they are
// stored: a node that dies forgets what was said in the last moment.
func (l *Log) read(ctx context.Context, c operation.Caller, cmd wire.Read) (done wire.Done, err error) {
	if err := l.awaitSaid(ctx, c.User, wire.ChannelSeq{Channel: cmd.Channel, Seq: cmd.Seq}); err != nil {
		return done, err
	}
	st, err := l.awaitChannel(ctx, c.User, cmd.Channel)
	if err != nil {
		return done, err
	}
	return done, l.receipts.Move(cmd.Channel, c.User, receipts.Mark{Read: min(cmd.Seq, st.Seq)})
}

// received moves the user's cursors of what was delivered, as read does of what was read. It passes over channels that the
// user is not in: they may have left one of many since the message came.
func (l *Log) received(ctx context.Context, c operation.Caller, cmd wire.Received) (done wire.Done, err error) {
	if err := l.awaitSaid(ctx, c.User, cmd.Cursors...); err != nil {
		return done, err
	}
	for _, at := range cmd.Cursors {
		if err := l.awaitKnown(ctx, at.Channel); err != nil {
			return done, err
		}
		st, err := l.view.Channel(at.Channel)
		if err != nil {
			return done, err
		}
		if !st.Member(c.User) {
			continue
		}
		if err := l.receipts.Move(at.Channel, c.User, receipts.Mark{Delivered: min(at.Seq, st.Seq)}); err != nil {
			return done, err
		}
	}
	return done, nil
}

// awaitSaid waits until this node's view is level where it does not know what the user says to have seen: a message, or the channel or
// his membership itself. He may have seen it on another node, and a cursor that was cut to what is known here would be lost.
//
// That the view is level with the leader is not enough: a leader may know of a message a moment later than a follower that has it from
// that leader. So what is still not known then is waited for a little longer.
func (l *Log) awaitSaid(ctx context.Context, user string, seen ...wire.ChannelSeq) error {
	behind, err := l.behind(user, seen)
	if len(behind) == 0 || err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, ownReadTimeout)
	defer cancel()
	for _, shard := range behind {
		if err := l.awaitLevel(ctx, shard); err != nil {
			return wire.Errorf(wire.CodeUnavailable, "this node is behind the log; retry").After(time.Second)
		}
	}
	ctx, cancel = context.WithTimeout(ctx, leaderLag)
	defer cancel()
	for first := behind[0]; ; first = behind[0] {
		changed := l.followers[first].watch()
		if behind, err = l.behind(user, seen); len(behind) == 0 || err != nil {
			return err
		}
		if behind[0] != first {
			continue
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return nil
		}
	}
}

// leaderLag is how much later than a follower the leader of a stream may know of a message, at most.
const leaderLag = 250 * time.Millisecond

// behind are the shards in which this node's view does not show what a user says to have seen.
func (l *Log) behind(user string, seen []wire.ChannelSeq) (shards []int, err error) {
	for _, c := range seen {
		st, err := l.view.Channel(c.Channel)
		if err != nil {
			return nil, err
		}
		if shard := l.layout.shardOf(c.Channel); (!st.Member(user) || st.Seq < c.Seq) && !slices.Contains(shards, shard) {
			shards = append(shards, shard)
		}
	}
	return shards, nil
}

// OwnReceipt is how far a user has got, as he sees it himself. It does not ask whether he is a member.
func (l *Log) OwnReceipt(user, channel string) (wire.Receipt, error) {
	m, err := l.receipts.Own(channel, user)
	return wire.Receipt{User: user, Read: m.Read, Delivered: m.Delivered}, err
}

// receiptsOf answers get_receipts.
func (l *Log) receiptsOf(ctx context.Context, c operation.Caller, cmd wire.GetReceipts) (wire.Receipts, error) {
	cursors, err := l.cursors(ctx, c.User, cmd.Channel)
	return wire.Receipts{Channel: cmd.Channel, Cursors: cursors}, err
}

// cursors returns how far each member of a channel has got of whom something is known, by user, as a member may see it.
func (l *Log) cursors(ctx context.Context, user, channel string) ([]wire.Receipt, error) {
	st, err := l.awaitChannel(ctx, user, channel)
	if err == nil {
		err = l.awaitReceipts(ctx)
	}
	if err != nil {
		return nil, err
	}
	m := &Moved{log: l, state: st}
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
	return m, m.read(users...)
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

// read reads the cursors of some users, or of all, as far as they are members. What they keep to themselves is left out.
func (m *Moved) read(users ...string) error {
	if m.state == nil {
		return nil
	}
	stored, err := m.log.view.Receipts(m.state.ID, users...)
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

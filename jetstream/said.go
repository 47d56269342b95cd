package jetstream

import (
	"context"
	"slices"
	"time"

	"natterjack/server/wire"
)

const (
	// leaderLag bounds how much later than a follower the leader of a stream may learn of a
	// message.
	leaderLag = 250 * time.Millisecond
	// maxDoubts bounds the commands that wait to learn whether this node is behind. There are
	// fewer of them than may read at once: commands about channels that do not exist must not
	// keep others from reading.
	maxDoubts = 64
)

// awaitSaid waits until this node's view is level with the log, if it does not know something that
// the user says to have seen: a message, the channel, or their membership. They may have seen it on
// another node. They must not be refused by an old view, and a cursor that was cut to the messages
// that this node knows would be lost.
//
// It is not enough that the view is level with the leader. A leader may learn of a message a moment
// later than a follower that has it from that leader. So awaitSaid waits a little longer if
// something is still unknown then.
func (l *Log) awaitSaid(ctx context.Context, user string, seen ...wire.ChannelSeq) error {
	behind, err := l.behind(user, seen)
	if len(behind) == 0 || err != nil {
		return err
	}
	select {
	case l.doubts <- struct{}{}:
		defer func() { <-l.doubts }()
	default:
		return isBehind()
	}
	ctx, cancel := context.WithTimeout(ctx, ownReadTimeout)
	defer cancel()
	for _, shard := range behind {
		if err := l.awaitLevel(ctx, shard); err != nil {
			return isBehind()
		}
	}
	if l.keeper.replicas == 1 { // the leader has all of it
		return nil
	}
	ctx, cancel = context.WithTimeout(ctx, leaderLag)
	defer cancel()
	for {
		changed := l.shards[behind[0]].follower.watch()
		if behind, err = l.behind(user, seen); len(behind) == 0 || err != nil {
			return err
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return nil
		}
	}
}

func isBehind() error {
	return wire.Errorf(wire.CodeUnavailable, "this node is behind the log; retry").After(time.Second)
}

// behind returns the shards in which this node's view does not show something that a user says to
// have seen.
func (l *Log) behind(user string, seen []wire.ChannelSeq) (shards []int, err error) {
	for _, c := range seen {
		known, err := l.knows(user, c)
		if err != nil {
			return nil, err
		}
		if shard := l.layout.shardOf(c.Channel); !known && !slices.Contains(shards, shard) {
			shards = append(shards, shard)
		}
	}
	return shards, nil
}

// knows reports whether this node's view shows a channel with a message, and the user in it.
func (l *Log) knows(user string, c wire.ChannelSeq) (bool, error) {
	if member, err := l.view.Member(user, c.Channel); !member || err != nil {
		return false, err
	}
	st, err := l.view.Channel(c.Channel)
	return st.Member(user) && st.Seq >= c.Seq, err
}

package jetstream

import (
	"context"
	"time"

	"natterjack/server/wire"
)

const (
	// seenTimeout bounds how long a read waits for events that its client has seen on another node.
	seenTimeout = 3 * time.Second
	// soon is how long to wait for this node before asking the stream whether it reaches that
	// far. A follower is milliseconds behind, and the question is expensive.
	soon = 100 * time.Millisecond
)

// AwaitSeen waits until this node's view shows the events that the client has seen, on any node. A
// pos beyond the end of the stream belongs to a past that was lost, as in [Log.Follow]. A shard
// that does not exist belongs to another log. AwaitSeen does not wait for either.
func (l *Log) AwaitSeen(ctx context.Context, seen []wire.ShardPos) error {
	ctx, cancel := context.WithTimeout(ctx, seenTimeout)
	defer cancel()
	for _, at := range seen {
		if at.Shard < 0 || at.Shard >= l.Shards() || l.view.Position(at.Shard) >= at.Pos {
			continue
		}
		if err := l.awaitPlace(ctx, at); err != nil {
			return wire.Errorf(wire.CodeUnavailable, "this node does not have the events that you have seen on another node yet; retry")
		}
	}
	return nil
}

func (l *Log) awaitPlace(ctx context.Context, at wire.ShardPos) error {
	f := l.shards[at.Shard].follower
	brief, cancel := context.WithTimeout(ctx, soon)
	defer cancel()
	if f.Await(brief, at.Pos) == nil {
		return nil
	}
	there, err := reaches(ctx, l.js, at.Shard, at.Pos)
	if err != nil || !there {
		return err
	}
	return f.Await(ctx, at.Pos)
}

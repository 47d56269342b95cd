package jetstream

import (
	"context"

	"natterjack/jetstream/channel"
	"natterjack/server/wire"
)

// History is a page of a channel's messages, each encoded as an event frame, ascending. It shows everything that this node has
// acknowledged, to whomever.
func (l *Log) History(ctx context.Context, user string, cmd *wire.History) (events [][]byte, more bool, err error) {
	shard := wire.ShardOf(cmd.Channel, l.layout.shards)
	if err := l.awaitPos(ctx, shard, l.acked[shard].v.Load()); err != nil {
		return nil, false, err
	}
	if _, err := l.member(user, cmd.Channel); err != nil {
		return nil, false, err
	}
	found, more, err := l.view.History(user, cmd.Channel, cmd.Before, cmd.After, l.limit(cmd.Limit))
	if err != nil {
		return nil, false, err
	}
	events = make([][]byte, len(found))
	for i := range found {
		events[i] = frameOf(shard, &found[i])
	}
	return events, more, nil
}

// Channels lists the user's channels, the most recently active first.
func (l *Log) Channels(ctx context.Context, user string, cmd *wire.ListChannels) (channels []wire.ChannelInfo, more bool, err error) {
	for shard := range l.lanes {
		if err := l.awaitPos(ctx, shard, l.acked[shard].v.Load()); err != nil {
			return nil, false, err
		}
	}
	listed, more, err := l.view.List(user, nil, l.limit(cmd.Limit), func(string) uint64 { return 0 })
	if err != nil {
		return nil, false, err
	}
	channels = make([]wire.ChannelInfo, len(listed))
	for i := range listed {
		channels[i] = listed[i].State.Info()
	}
	return channels, more, nil
}

// limit is how long a page may be that was asked for with a limit, or without one.
func (l *Log) limit(asked int) int { return min(wire.LimitOr50(asked), l.limits.HistoryEvents) }

// member is the channel, or the refusal of whoever is not in it.
func (l *Log) member(user, id string) (*channel.State, error) {
	st, err := l.view.Channel(id)
	if err != nil {
		return nil, err
	}
	if !st.Member(user) {
		return nil, channel.Forbidden()
	}
	return st, nil
}

// awaitPos waits until this node's view shows a shard up to pos. An ack travels faster than the follower, by
// some tenths of a millisecond; whoever asks right after it must not find its own message missing.
func (l *Log) awaitPos(ctx context.Context, shard int, pos uint64) error {
	if l.view.Position(shard) >= pos {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, ownReadTimeout)
	defer cancel()
	if err := l.followers[shard].await(ctx, pos); err != nil {
		return wire.Errorf(wire.CodeUnavailable, "this node is behind the log; retry")
	}
	return nil
}

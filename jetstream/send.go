package jetstream

import (
	"cmp"
	"context"
	"sync/atomic"
	"time"

	"natterjack/jetstream/internal/write"
	"natterjack/jetstream/operation"
	"natterjack/server/wire"
)

// ownReadTimeout bounds how long a read waits for this node's view to show an event that is known
// to be in the log.
const ownReadTimeout = time.Second

// Submit stores a change and calls done once, from any goroutine, with the ack or a
// [*wire.Error]. It keeps order: of two sends to a channel from one goroutine, the first has the
// lower seq. It does not block, except for a message that mentions @here in a cluster, see
// [Log.WatchPresent]. If the first is refused for now, the second is
// refused too, until the first has come again or its sender has had time to receive the
// refusal. The command must be valid.
func (l *Log) Submit(user string, cmd wire.Change, done func(wire.Ack, error)) {
	c, err := l.admit(user, cmd)
	if err != nil {
		done(wire.Ack{}, err)
		return
	}
	l.submit(c, done)
}

// admit returns the command for a change, or refuses it because its user is too fast.
func (l *Log) admit(user string, cmd wire.Change) (c *write.Command, err error) {
	if err = l.Charge(user); err == nil {
		err = cmp.Or(l.chargeGrowth(user, cmd), l.chargeProfile(user, cmd))
	}
	if err != nil {
		l.Refused(user, cmd, err)
		return nil, err
	}
	cmd, refusal := l.opened(user, cmd)
	c = write.Change(user, cmd)
	c.Refuse(refusal)
	c.Mention(l.mentioned(user, cmd))
	return c, nil
}

// Refused records that a change was refused before it came to the log, so that its sender's
// next command does not overtake it. Callers call it before they answer the sender.
func (l *Log) Refused(user string, cmd wire.Change, err error) {
	c := write.Change(user, cmd)
	l.shards[l.layout.shardOf(c.Channel())].write.Refused(c, err)
}

func (l *Log) submit(c *write.Command, done func(wire.Ack, error)) {
	s := l.shards[l.layout.shardOf(c.Channel())]
	s.write.Submit(c, func(ack wire.Ack, err error) {
		if err == nil {
			s.seen.raise(ack.Pos)
		}
		done(ack, err)
	})
}

// Change does what [Log.Submit] does, and waits for the answer. When ctx ends first, the change
// may still be stored.
func (l *Log) Change(ctx context.Context, user string, cmd wire.Change) (wire.Ack, error) {
	c, err := l.admit(user, cmd)
	if err != nil {
		return wire.Ack{}, err
	}
	return l.wait(ctx, c)
}

// createGroup creates a group, or finds the group that the same client id created.
func (l *Log) createGroup(ctx context.Context, c operation.Caller, cmd wire.CreateGroup) (wire.Channel, error) {
	if err := l.chargeGrowth(c.User, cmd); err != nil {
		return wire.Channel{}, err
	}
	ack, err := l.wait(ctx, write.Create(c.User, cmd))
	if err != nil {
		return wire.Channel{}, err
	}
	made, err := l.wholeChannel(ctx, c.User, ack.Channel)
	made.Channel.At = wire.ShardPos{Shard: ack.Shard, Pos: ack.Pos}
	return wire.Channel{Channel: made.Channel}, err
}

func (l *Log) wait(ctx context.Context, c *write.Command) (wire.Ack, error) {
	type answer struct {
		ack wire.Ack
		err error
	}
	answered := make(chan answer, 1)
	l.submit(c, func(ack wire.Ack, err error) { answered <- answer{ack, err} })
	select {
	case a := <-answered:
		return a.ack, a.err
	case <-ctx.Done():
		return wire.Ack{}, wire.Errorf(wire.CodeTimeout, "gave up waiting; it is not known whether this was stored")
	}
}

// highest is a number that only rises.
type highest struct{ v atomic.Uint64 }

func (h *highest) raise(to uint64) {
	for {
		now := h.v.Load()
		if to <= now || h.v.CompareAndSwap(now, to) {
			return
		}
	}
}

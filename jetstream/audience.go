package jetstream

import (
	"context"
	"fmt"
	"sync"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"natterjack/jetstream/view"
	"natterjack/server/wire"
)

// Audience answers questions about messages and the users who may be notified of them, as this
// node's view was when the Audience was made. It is for one goroutine. Close it soon, because it
// keeps the view from closing.
type Audience struct {
	*view.Audience

	log *Log
}

// Audience returns who may be told of messages, as this node's view knows by now.
func (l *Log) Audience() (*Audience, error) {
	a, err := l.view.Audience()
	if err != nil {
		return nil, err
	}
	return &Audience{a, l}, nil
}

// Blocked reports whether user by has blocked user of.
func (a *Audience) Blocked(by, of string) bool { return a.log.view.Blocked(by, of) }

// Read returns for each of some users up to which seq they have read a channel, by reading or by
// writing there. Users must ascend. It also counts receipts that came to this node and are not
// stored yet.
func (a *Audience) Read(channel string, users []string) ([]uint64, error) {
	read, err := a.Audience.Read(channel, users)
	if err != nil {
		return nil, fmt.Errorf("look at what was read: %w", err)
	}
	for i, user := range users {
		read[i] = max(read[i], a.log.receipts.Ahead(channel, user).Read)
	}
	return read, nil
}

// Unread returns how many messages a user has not read, in all channels that they have not muted.
// Muted reports whether a value of the setting mute/CHANNEL mutes.
func (a *Audience) Unread(user string, muted func(value string) bool) (uint64, error) {
	return a.Audience.Unread(user, func(channel string) uint64 { return a.log.receipts.Ahead(channel, user).Read }, muted)
}

// AwaitChannel waits until this node's view shows everything that a channel's shard has at the time
// of the call.
func (l *Log) AwaitChannel(ctx context.Context, channel string) error {
	return l.awaitLevel(ctx, l.layout.shardOf(channel))
}

// AwaitPos waits until this node's view shows a shard up to a pos.
func (l *Log) AwaitPos(ctx context.Context, shard int, pos uint64) error {
	if shard < 0 || shard >= len(l.shards) {
		return wire.Errorf(wire.CodeInvalid, "there is no shard %d", shard)
	}
	return l.awaitView(ctx, shard, pos)
}

// UnusedSubscriptions returns subscriptions that were renewed last before a time, in Unix
// milliseconds, at most limit. Subscriptions that are gone have another time limit. It returns none
// of their secrets.
func (l *Log) UnusedSubscriptions(before, gone int64, limit int) ([]view.Unused, error) {
	return l.view.UnusedSubscriptions(before, gone, limit)
}

// Tell publishes a notification of a user, for services that deliver it themselves. Nothing is
// stored: a service that must not miss any binds a stream to the subject. Id is the same if it
// comes again.
func (l *Log) Tell(user, id string, notification []byte) error {
	m := nats.NewMsg(TellSubject(user))
	m.Header.Set(jetstream.MsgIDHeader, id)
	m.Data = notification
	if err := l.conn.PublishMsg(m); err != nil {
		return fmt.Errorf("publish a notification: %w", err)
	}
	return nil
}

// TellSubject returns the subject on which services receive the notifications of a user.
func TellSubject(user string) string { return "push." + user }

// WatchOwn registers f. It is called with each user who has changed a setting or their profile,
// once the view shows that. F must return at once: a shard's own goroutine calls it.
func (l *Log) WatchOwn(f func(user string)) { l.owners.add(f) }

// owners calls a function with each user who has changed something in their own channel.
type owners struct {
	mu sync.RWMutex // protects following
	fs []func(user string)
}

func (o *owners) add(f func(user string)) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.fs = append(o.fs, f)
}

func (o *owners) tell(applied []view.Applied) {
	o.mu.RLock()
	defer o.mu.RUnlock()
	if len(o.fs) == 0 {
		return
	}
	for i := range applied {
		a := &applied[i]
		if a.Kind != wire.KindSetting && a.Kind != wire.KindProfile {
			continue
		}
		user, _ := wire.OwnerOf(a.Channel)
		for _, f := range o.fs {
			f(user)
		}
	}
}

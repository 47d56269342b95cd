package jetstream

import (
	"context"
	"sync/atomic"

	"natterjack/jetstream/channel"
	"natterjack/server/wire"
)

// Receivers knows by which ways, and at which addresses, users may be notified.
type Receivers interface {
	// Accept returns why a subscription cannot be used, or nil. It asks no other server. Its error
	// names the member that is wrong, and no secret.
	Accept(c *wire.SubscribePush) error
}

// receivers judges subscriptions.
type receivers struct {
	by atomic.Pointer[Receivers]
}

// TakeReceivers sets the judge of subscriptions. It replaces an earlier one. Without it, they are
// refused.
func (l *Log) TakeReceivers(by Receivers) { l.receivers.by.Store(&by) }

func (r *receivers) accept(c *wire.SubscribePush) error {
	by := r.by.Load()
	if by == nil {
		return wire.Errorf(wire.CodeUnsupported, "kind: this server sends no notifications")
	}
	return (*by).Accept(c)
}

// Subscriptions returns all subscriptions of a user, with those that are gone. It first waits for
// the changes that the user has made on this node. The result is secret.
func (l *Log) Subscriptions(ctx context.Context, user string) ([]channel.Subscription, error) {
	if err := l.awaitLatest(ctx, wire.OwnChannel(user)); err != nil {
		return nil, err
	}
	return l.view.Subscriptions(user)
}

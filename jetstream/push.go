package jetstream

import (
	"context"
	"sync/atomic"

	"natterjack/jetstream/channel"
	"natterjack/server/wire"
)

// Receivers knows by which ways, and where, users may be told who are not looking.
type Receivers interface {
	// Accept returns why nobody can be told there, or nil. It asks nobody. Its error names the
	// member that is wrong, and no secret.
	Accept(c *wire.SubscribePush) error
}

// receivers judges subscriptions.
type receivers struct {
	by atomic.Pointer[Receivers]
}

// TakeReceivers registers what judges subscriptions, in place of an earlier one. Without it, they
// are refused.
func (l *Log) TakeReceivers(by Receivers) { l.receivers.by.Store(&by) }

func (r *receivers) accept(c *wire.SubscribePush) error {
	by := r.by.Load()
	if by == nil {
		return wire.Errorf(wire.CodeUnsupported, "kind: this server sends no notifications")
	}
	return (*by).Accept(c)
}

// Subscriptions returns where a user is told who is not looking, and the subscriptions that are
// gone, with all that the user has set on this node. It is secret.
func (l *Log) Subscriptions(ctx context.Context, user string) ([]channel.Subscription, error) {
	if err := l.awaitLatest(ctx, wire.OwnChannel(user)); err != nil {
		return nil, err
	}
	return l.view.Subscriptions(user)
}

package jetstream

import (
	"context"
	"fmt"

	"natterjack/server/wire"
)

// Ask answers a command that is no [wire.Change], with the frame that is its reply. It may wait, as long as ctx lasts, until this
// node's view shows what this node has acknowledged. Errors are [*wire.Error]s, or faults of ours.
func (l *Log) Ask(ctx context.Context, user string, cmd wire.Command) (wire.Frame, error) {
	if err := l.Charge(user); err != nil {
		return nil, err
	}
	if c, ok := cmd.(interface{ Known() []wire.ShardPos }); ok {
		if err := l.awaitSeen(ctx, c.Known()); err != nil {
			return nil, err
		}
	}
	switch c := cmd.(type) {
	case wire.Forward:
		return l.passOn(ctx, user, &c)
	case wire.GetSettings:
		settings, err := l.settings(ctx, user, c.Prefix)
		return wire.Settings{Ref: c.Ref, Settings: settings}, err
	case wire.GetChannel:
		ch, err := l.channel(ctx, user, c.Channel)
		ch.Ref = c.Ref
		return ch, err
	case wire.GetVersions:
		return l.versions(ctx, user, &c)
	case wire.GetReactions:
		return l.reactions(ctx, user, &c)
	case wire.GetPins:
		return l.pins(ctx, user, &c)
	case wire.Read:
		return wire.Done{Ref: c.Ref}, l.Read(ctx, user, c.Channel, c.Seq)
	case wire.Received:
		return wire.Done{Ref: c.Ref}, l.Received(ctx, user, c.Cursors)
	case wire.GetReceipts:
		cursors, err := l.Receipts(ctx, user, c.Channel)
		return wire.Receipts{Ref: c.Ref, Channel: c.Channel, Cursors: cursors}, err
	default:
		return nil, fmt.Errorf("no handler for %s", cmd.Type())
	}
}

// settings are a user's own.
func (l *Log) settings(ctx context.Context, user, prefix string) ([]wire.Setting, error) {
	if err := l.awaitKnown(ctx, wire.OwnChannel(user)); err != nil {
		return nil, err
	}
	settings, err := l.view.Settings(user, prefix)
	if settings == nil {
		settings = []wire.Setting{}
	}
	return settings, err
}

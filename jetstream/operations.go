package jetstream

import (
	"context"

	"natterjack/jetstream/operation"
	"natterjack/server/wire"
)

// Operations returns the table of the operations that this node answers. The log has bound its
// own handlers. Other packages bind theirs.
func (l *Log) Operations() *operation.Table { return l.operations }

// answerable builds the table of operations, with the operations that the log answers itself.
func (l *Log) answerable() *operation.Table {
	t := operation.New(l)
	operation.Handle(t, l.createGroup)
	operation.Handle(t, l.forward)
	operation.Handle(t, l.history)
	operation.Handle(t, l.channels)
	operation.Handle(t, l.channel)
	operation.Handle(t, l.versions)
	operation.Handle(t, l.pins)
	operation.Handle(t, l.gallery)
	operation.Handle(t, l.reactions)
	operation.Handle(t, l.settings)
	operation.Handle(t, l.profiles)
	operation.Handle(t, l.read)
	operation.Handle(t, l.received)
	operation.Handle(t, l.receiptsOf)
	return t
}

// settings returns a user's own settings, as many as a page holds.
func (l *Log) settings(ctx context.Context, c operation.Caller, cmd wire.GetSettings) (reply wire.Settings, err error) {
	if err := l.awaitLatest(ctx, wire.OwnChannel(c.User)); err != nil {
		return reply, err
	}
	reply.Settings, reply.More, err = l.view.Settings(c.User, cmd.Prefix, cmd.After, wire.MaxPageBytes)
	if reply.Settings == nil {
		reply.Settings = []wire.Setting{}
	}
	return reply, err
}

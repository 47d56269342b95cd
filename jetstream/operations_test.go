package jetstream

import (
	"context"

	"natterjack/jetstream/operation"
	"natterjack/server/wire"
)

// The following methods query the table of operations in a short form for tests.

func ask[F wire.Frame](ctx context.Context, l *Log, user string, cmd wire.Command) (reply F, err error) {
	f, err := l.Operations().Answer(ctx, operation.Caller{User: user}, cmd)
	if err != nil {
		return reply, err
	}
	return f.(F), nil
}

// Answer returns the answer to a command.
func (l *Log) Answer(ctx context.Context, user string, cmd wire.Command) (wire.Frame, error) {
	return ask[wire.Frame](ctx, l, user, cmd)
}

// History returns a page of messages, each encoded as a frame.
func (l *Log) History(ctx context.Context, user string, cmd *wire.History) (events [][]byte, more bool, err error) {
	page, err := ask[wire.RawPage](ctx, l, user, *cmd)
	return page.Events, page.More, err
}

// Channels returns a window of the user's channels.
func (l *Log) Channels(ctx context.Context, user string, cmd *wire.ListChannels) (channels []wire.ChannelInfo, more bool, err error) {
	reply, err := ask[wire.Channels](ctx, l, user, *cmd)
	return reply.Channels, reply.More, err
}

// CreateGroup makes a group.
func (l *Log) CreateGroup(ctx context.Context, user string, cmd *wire.CreateGroup) (wire.ChannelInfo, error) {
	reply, err := ask[wire.Channel](ctx, l, user, *cmd)
	return reply.Channel, err
}

// Read records how far a user has read.
func (l *Log) Read(ctx context.Context, user, channel string, seq uint64) error {
	_, err := ask[wire.Done](ctx, l, user, wire.Read{Channel: channel, Seq: seq})
	return err
}

// Received records how far messages have reached a user's device.
func (l *Log) Received(ctx context.Context, user string, cursors []wire.ChannelSeq) error {
	_, err := ask[wire.Done](ctx, l, user, wire.Received{Cursors: cursors})
	return err
}

// Receipts returns how far each member has got.
func (l *Log) Receipts(ctx context.Context, user, channel string) ([]wire.Receipt, error) {
	reply, err := ask[wire.Receipts](ctx, l, user, wire.GetReceipts{Channel: channel})
	return reply.Cursors, err
}

package jetstream

import (
	"context"
	"errors"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"natterjack/jetstream/digests"
	"natterjack/jetstream/duty"
	"natterjack/jetstream/feed"
	"natterjack/jetstream/internal/api"
	"natterjack/jetstream/internal/copies"
	"natterjack/jetstream/internal/pause"
	"natterjack/jetstream/pushlog"
	"natterjack/jetstream/queue"
)

// Duty returns a duty that is done for this log. It does nothing until its Run is called, which
// must end before the log's own.
func (l *Log) Duty(cfg duty.Config) *duty.Duty {
	return duty.New(&duty.Log{
		Conn: l.conn, JS: l.js, Shards: l.layout.shards, Epoch: l.layout.epoch, Node: l.engine.Name(), View: l.view,
		Stream: StreamName, Channel: channelOf, Leads: l.engine.LeadsStream, Await: l.awaitView, Reaches: l.streamReaches, Copy: l.copyOf,
		Open: l.openDerived, Keep: l.keepDerived, Copies: l.keeper.replicas, Logger: l.log,
	}, cfg)
}

// Feed returns a feed of this log. It does nothing until its Run is called, which must end before
// the log's own.
func (l *Log) Feed(cfg feed.Config) *feed.Feed {
	return feed.New(&feed.Log{
		JS: l.js, Shards: l.layout.shards, Node: l.engine.Name(), View: l.view,
		Stream: StreamName, Channel: channelOf, Await: l.awaitView, Reaches: l.streamReaches, StoredAt: l.storedAt, Copy: l.copyOf, Logger: l.log,
	}, cfg)
}

// awaitView waits until the view has applied a shard up to a pos.
func (l *Log) awaitView(ctx context.Context, shard int, pos uint64) error {
	return l.shards[shard].follower.Await(ctx, pos)
}

func (l *Log) streamReaches(ctx context.Context, stream string, pos uint64) (bool, error) {
	return streamReaches(ctx, l.js, stream, pos)
}

// storedAt reports whether a stream has stored the event at a pos at a time, by the stream's own
// account, or has erased it since. It asks until it knows, or until ctx ends.
func (l *Log) storedAt(ctx context.Context, stream string, pos uint64, at time.Time) (bool, error) {
	for {
		m, err := readOnce(ctx, l.conn, stream, pos)
		switch {
		case err == nil:
			return m.Time.Equal(at), nil
		case errors.Is(err, jetstream.ErrMsgNotFound):
			return true, nil
		case pause.For(ctx, reachPause) != nil:
			return false, err
		}
	}
}

func readOnce(ctx context.Context, conn *nats.Conn, stream string, pos uint64) (*jetstream.RawStreamMsg, error) {
	ctx, cancel := context.WithTimeout(ctx, inTouch)
	defer cancel()
	return api.Get(ctx, conn, stream, pos)
}

// copyOf returns a reader that explains the holes in this node's copy of a stream.
func (l *Log) copyOf(stream string) *copies.Reader {
	return copies.NewReader(l.conn, l.js, l.engine, stream, l.engine.Name(), &l.damage, l.log)
}

// openDerived makes the stream of a duty or a queue unless it exists. It tries until ctx ends.
func (l *Log) openDerived(ctx context.Context, cfg jetstream.StreamConfig) error {
	_, err := openStream(ctx, l.js, cfg)
	return err
}

// Queue returns a queue of jobs beside this log. It does nothing until its Run is called, which
// must end before the log's own.
func (l *Log) Queue(cfg queue.Config) *queue.Queue {
	return queue.New(&queue.Log{
		Conn: l.conn, JS: l.js, Open: l.openDerived, Keep: l.keepDerived, Copies: l.keeper.replicas,
		Stage: l.stage, Logger: l.log,
	}, cfg)
}

// Digests returns the store of digests by mail that belongs to this log. It does nothing until its
// Run is called, which must end before the log's own.
func (l *Log) Digests() *digests.Store {
	return digests.New(&digests.Log{Conn: l.conn, Open: l.openDerived, Keep: l.keepDerived, Copies: l.keeper.replicas})
}

// AwaitLevel waits until this node's view shows everything that all streams have at the time of the
// call.
func (l *Log) AwaitLevel(ctx context.Context) error {
	for shard := range l.layout.shards {
		if err := l.awaitLevel(ctx, shard); err != nil {
			return err
		}
	}
	return nil
}

// PushLog returns the push logs of users that belong to this log. It does nothing until its Run is
// called, which must end before the log's own.
func (l *Log) PushLog() *pushlog.Store {
	return pushlog.New(&pushlog.Log{Conn: l.conn, Open: l.openDerived, Keep: l.keepDerived, Copies: l.keeper.replicas})
}

// AwaitOpened waits until parts of a node have their streams, and not longer than a while: an
// engine that has no room for them makes them later. The parts must be running.
func AwaitOpened(ctx context.Context, while time.Duration, parts ...interface{ Opened() <-chan struct{} }) {
	ctx, cancel := context.WithTimeout(ctx, while)
	defer cancel()
	for _, p := range parts {
		select {
		case <-p.Opened():
		case <-ctx.Done():
		}
	}
}

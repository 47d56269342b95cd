// Package view is a node's materialized state of the log, in Pebble: messages by channel and seq, channels, memberships
// both ways, the index of client ids, and for each shard the position up to which all that has been applied, stored in
// the same batch. Reads, resume, permission checks and the live feed all come from this one position, so
// there is no race between history and live. A view is disposable: deleted, it is rebuilt from the streams; a view of another
// schema version deletes itself.
package view

import (
	"log/slog"

	"natterjack/jetstream/channel"
	"natterjack/server/wire"
)

// Options are what a view is made of. Shards and Epoch must be those of the log.
type Options struct {
	Shards     int
	Epoch      string
	CacheBytes int64        // of stored blocks kept in memory; 64 MiB where 0
	StateBytes int64        // of channel states kept in memory; 64 MiB where 0
	Logger     *slog.Logger // none where nil
}

// Event is one event of the log, as the stream holds it.
type Event struct {
	Pos     uint64
	Channel string
	Kind    wire.Kind
	Record  []byte // the stored payload; must not be written to
}

// Applied is an event that the view has taken in, and its channel after it: State.Members are the recipients.
type Applied struct {
	Event
	State *channel.State
}

// Span is a stretch of a shard: the events with After < pos ≤ Upto.
type Span struct {
	Shard       int
	After, Upto uint64
}

// View answers from what has been applied. All methods may be called concurrently, [View.Apply] by one goroutine a shard.
type View struct{}

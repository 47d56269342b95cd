package feed

import (
	"context"
	"sync"

	"natterjack/jetstream/internal/wake"
	"natterjack/server/wire"
)

// The bounds of the events that wait for the sink. A reader may bring some hundred events beyond
// them.
const (
	maxEvents = 1000
	maxBytes  = 8 << 20
)

// batch gathers events of all shards. Its methods may be called concurrently.
type batch struct {
	ready  chan struct{} // tells the applier that there is something
	closed chan struct{} // closed once nothing will be added

	mu     sync.Mutex // protects following
	events []wire.Event
	bytes  int
	upto   map[int]Upto
	room   chan struct{} // closed when there is room again; nil if there is room
}

func newBatch() *batch {
	return &batch{ready: make(chan struct{}, 1), closed: make(chan struct{}), upto: map[int]Upto{}}
}

// close says that nothing will be added any more.
func (b *batch) close() { close(b.closed) }

// add adds events of a shard, once there is room.
func (b *batch) add(ctx context.Context, shard int, events []wire.Event, upto Upto) error {
	for {
		room := b.tryAdd(shard, events, upto)
		if room == nil {
			wake.Up(b.ready)
			return nil
		}
		select {
		case <-room:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// tryAdd adds events if there is room. Otherwise it returns a channel that is closed when there is.
func (b *batch) tryAdd(shard int, events []wire.Event, upto Upto) (room <-chan struct{}) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.events) >= maxEvents || b.bytes >= maxBytes {
		if b.room == nil {
			b.room = make(chan struct{})
		}
		return b.room
	}
	b.events = append(b.events, events...)
	for i := range events {
		b.bytes += size(&events[i])
	}
	b.upto[shard] = upto
	return nil
}

// size returns about how much memory an event takes.
func size(e *wire.Event) int {
	const around = 512
	n := around
	if c := e.Content; c != nil {
		n += len(c.Text) + around*len(c.Attachments)
	}
	return n
}

// state reports whether the batch is as large as it gets, and whether it has events at all.
func (b *batch) state() (full, some bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.events) >= maxEvents || b.bytes >= maxBytes, len(b.events) > 0
}

// waits reports whether there is anything to apply, if only positions.
func (b *batch) waits() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.upto) > 0
}

// take returns everything that was gathered, and makes room.
func (b *batch) take() (events []wire.Event, upto map[int]Upto) {
	b.mu.Lock()
	defer b.mu.Unlock()
	events, upto = b.events, b.upto
	b.events, b.bytes, b.upto = nil, 0, map[int]Upto{}
	if b.room != nil {
		close(b.room)
		b.room = nil
	}
	return events, upto
}

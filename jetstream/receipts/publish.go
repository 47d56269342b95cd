package receipts

import (
	"context"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"

	"natterjack/jetstream/internal/api"
	"natterjack/server/wire"
)

// publisher publishes to the stream of a shard.
type publisher struct {
	shard int
	epoch string
	conn  *nats.Conn
}

// put stores some cursors as one record and returns its sequence. If the store is full, the
// error is a [*wire.Error].
func (p *publisher) put(ctx context.Context, writes []write) (seq uint64, err error) {
	body, err := encode(p.epoch, time.Now().UnixMilli(), writes)
	if err != nil {
		return 0, fmt.Errorf("encode record of receipts: %w", err)
	}
	seq, err = api.Publish(ctx, p.conn, Subject(p.shard), body)
	return seq, refine(err)
}

func refine(err error) error {
	if full, _ := api.Full(err); full {
		return wire.Errorf(wire.CodeStorageFull, "the server's storage is full; nothing was stored, retry later").After(5 * time.Second)
	}
	return err
}

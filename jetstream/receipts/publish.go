package receipts

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"natterjack/server/wire"
)

// JetStream's error codes for a full store (errors.json of nats-server).
const (
	errInsufficientResources jetstream.ErrorCode = 10023
	errStorageExceeded       jetstream.ErrorCode = 10047
	errStoreFailed           jetstream.ErrorCode = 10077
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
	answer, err := p.conn.RequestWithContext(ctx, Subject(p.shard), body)
	if err != nil {
		return 0, err
	}
	var ack struct {
		Sequence uint64              `json:"seq"`
		Error    *jetstream.APIError `json:"error"`
	}
	switch err := json.Unmarshal(answer.Data, &ack); {
	case err != nil:
		return 0, fmt.Errorf("parse ack: %w", err)
	case ack.Error != nil:
		return 0, refine(ack.Error)
	case ack.Sequence == 0:
		return 0, errors.New("receipts: ack without a sequence")
	}
	return ack.Sequence, nil
}

func refine(err *jetstream.APIError) error {
	switch err.ErrorCode {
	case errInsufficientResources, errStorageExceeded, errStoreFailed:
		return wire.Errorf(wire.CodeStorageFull, "the server's storage is full; nothing was stored, retry later").After(5 * time.Second)
	default:
		return err
	}
}

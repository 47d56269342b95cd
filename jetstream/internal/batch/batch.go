// Package batch stores several messages as one atomic batch (ADR-50). A batch takes one sync of the
// disk, where single messages take one each.
package batch

import (
	"context"
	"fmt"
	"strconv"
	"sync"

	"github.com/nats-io/nats.go"

	"natterjack/jetstream/internal/api"
)

// Headers of a batch, which nats.go has no names for.
const (
	ID       = "Nats-Batch-Id"
	Sequence = "Nats-Batch-Sequence"
	Commit   = "Nats-Batch-Commit"
)

// Publisher publishes batches, one at a time. Its methods may be called concurrently.
type Publisher struct {
	conn  *nats.Conn
	name  string // prefix of the ids of batches
	stage func(stream string)

	mu sync.Mutex // protects following, and the order of messages on the connection
	n  uint64     // batches so far
}

// NewPublisher returns a publisher. Stage is called before each batch, with its stream; it may be
// nil.
func NewPublisher(conn *nats.Conn, stage func(stream string)) *Publisher {
	return &Publisher{conn: conn, name: api.Unique(), stage: stage}
}

// Publish stores messages in a stream, all or none, and waits for that. A single message needs no
// batch, and is none. There is at least one. After an error they may be stored or not, unless it is
// one of [api]'s that says more.
func (p *Publisher) Publish(ctx context.Context, stream string, msgs []*nats.Msg) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	last := len(msgs) - 1
	if last > 0 {
		p.mark(stream, msgs)
	}
	for _, m := range msgs[:last] {
		if err := p.conn.PublishMsg(m); err != nil {
			return fmt.Errorf("publish a batch: %w", err)
		}
	}
	_, _, err := api.PublishMsg(ctx, p.conn, msgs[last])
	return err
}

// mark makes messages a batch. The caller holds mu.
func (p *Publisher) mark(stream string, msgs []*nats.Msg) {
	if p.stage != nil {
		p.stage(stream)
	}
	p.n++
	id := p.name + strconv.FormatUint(p.n, 36)
	for i, m := range msgs {
		m.Header.Set(ID, id)
		m.Header.Set(Sequence, strconv.Itoa(i+1))
	}
	msgs[len(msgs)-1].Header.Set(Commit, "1")
}

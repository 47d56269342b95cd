package bare

import (
	"bytes"
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/nats-io/nats.go"
	"golang.org/x/sync/errgroup"

	"natterjack/internal/bench/internal/load"
)

// ackLimit is how long a bare publish may wait for its ack before the run fails.
const ackLimit = 15 * time.Second

// stored holds the times when a message was sent and acknowledged.
type stored struct{ sent, acked time.Duration }

// Publish publishes durably from several publishers for a time. Each publisher waits for its
// ack before it sends the next message. Publish returns the messages that were sent, or
// acknowledged, between from and to.
func (e *Engine) Publish(ctx context.Context, clock load.Clock, publishers int, from, to time.Duration) (load.Window, error) {
	return e.each(ctx, publishers, from, to, func(ctx context.Context, i int) ([]stored, error) {
		return e.singles(ctx, clock, i, to)
	})
}

// PublishBatches works like [Engine.Publish] with as many messages in flight, but commits
// atomic batches. Each stream has one batch under way, and the batches together have that many
// messages.
func (e *Engine) PublishBatches(ctx context.Context, clock load.Clock, inFlight int, from, to time.Duration) (load.Window, error) {
	size := max(inFlight/Streams, 1)
	return e.each(ctx, min(inFlight, Streams), from, to, func(ctx context.Context, i int) ([]stored, error) {
		return e.batches(ctx, clock, i, size, to)
	})
}

func (e *Engine) each(ctx context.Context, n int, from, to time.Duration, run func(context.Context, int) ([]stored, error)) (w load.Window, err error) {
	all := make([][]stored, n)
	group, ctx := errgroup.WithContext(ctx)
	for i := range n {
		group.Go(func() (err error) {
			all[i], err = run(ctx, i)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return w, err
	}
	for _, one := range all {
		for _, s := range one {
			if s.sent >= from && s.sent < to {
				w.Acks = append(w.Acks, s.acked-s.sent)
			}
			if s.acked >= from && s.acked < to {
				w.Acked++
			}
		}
	}
	return w, nil
}

func (e *Engine) singles(ctx context.Context, clock load.Clock, i int, to time.Duration) (out []stored, err error) {
	for sent := clock.Now(); sent < to; {
		reply, err := e.request(ctx, &nats.Msg{Subject: subject(i), Data: text(i, len(out))})
		if err != nil {
			return nil, err
		}
		now := clock.Now()
		if err := storedIn(reply, 0); err != nil {
			return nil, err
		}
		out = append(out, stored{sent, now})
		sent = now
	}
	return out, nil
}

// batches commits one atomic batch after another to stream i. See ADR-50 for the headers.
func (e *Engine) batches(ctx context.Context, clock load.Clock, i, size int, to time.Duration) (out []stored, err error) {
	for round := 0; ; round++ {
		sent := clock.Now()
		if sent >= to {
			return out, nil
		}
		b := NewBatch(e.Conn, fmt.Sprintf("b%d-%d", i, round))
		for n := range size - 1 {
			if err := b.Add(subject(i+Streams*n), text(i, len(out)+n)); err != nil {
				return nil, err
			}
		}
		if err := b.Commit(ctx, subject(i+Streams*(size-1)), text(i, len(out)+size-1)); err != nil {
			return nil, err
		}
		now := clock.Now()
		for range size {
			out = append(out, stored{sent, now})
		}
	}
}

// text returns the text of the n-th message of the i-th publisher.
func text(i, n int) []byte { return load.AppendWords(nil, uint64(i)<<32+uint64(n), load.TextBytes) }

func (e *Engine) request(ctx context.Context, msg *nats.Msg) ([]byte, error) {
	return request(ctx, e.Conn, msg)
}

func request(ctx context.Context, conn *nats.Conn, msg *nats.Msg) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, ackLimit)
	defer cancel()
	reply, err := conn.RequestMsgWithContext(ctx, msg)
	if err != nil {
		return nil, fmt.Errorf("bare publish: %w", err)
	}
	return reply.Data, nil
}

// storedIn checks a PubAck without decoding it: it must not be an error and, for a batch, must
// count all of its messages.
func storedIn(ack []byte, batch int) error {
	if bytes.Contains(ack, []byte(`"error"`)) || !bytes.Contains(ack, []byte(`"seq"`)) {
		return fmt.Errorf("bare publish refused: %.300s", ack)
	}
	if batch > 0 && !bytes.Contains(ack, []byte(`"count":`+strconv.Itoa(batch))) {
		return fmt.Errorf("batch of %d stored otherwise: %.300s", batch, ack)
	}
	return nil
}

// Batch is an atomic batch under way. It is for one goroutine.
type Batch struct {
	conn *nats.Conn
	id   string
	size int
}

// NewBatch begins a batch with the given id.
func NewBatch(conn *nats.Conn, id string) *Batch { return &Batch{conn: conn, id: id} }

// Add sends a message of the batch. The message is stored with the commit.
func (b *Batch) Add(subject string, data []byte) error {
	return b.conn.PublishMsg(b.next(subject, data))
}

// Commit sends the last message of the batch and waits until all of it is stored.
func (b *Batch) Commit(ctx context.Context, subject string, data []byte) error {
	msg := b.next(subject, data)
	msg.Header["Nats-Batch-Commit"] = []string{"1"}
	ack, err := request(ctx, b.conn, msg)
	if err != nil {
		return err
	}
	return storedIn(ack, b.size)
}

// send sends the last message of the batch. The ack goes to the reply subject.
func (b *Batch) send(subject string, data []byte, reply string) error {
	msg := b.next(subject, data)
	msg.Header["Nats-Batch-Commit"] = []string{"1"}
	msg.Reply = reply
	return b.conn.PublishMsg(msg)
}

func (b *Batch) next(subject string, data []byte) *nats.Msg {
	b.size++
	return &nats.Msg{Subject: subject, Data: data, Header: nats.Header{
		"Nats-Batch-Id":       []string{b.id},
		"Nats-Batch-Sequence": []string{strconv.Itoa(b.size)},
	}}
}

// Package ordered reads a stream in order, from a position on, into a sink.
//
// A [Reader] skips nothing: after any doubt it makes its consumer anew, behind the last message
// that the sink has. Other decisions stay with the sink: whether a hole between two sequences is an
// erasure, whether the sink is level with the stream, or whether it is only ahead of other copies.
package ordered

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"natterjack/jetstream/internal/pause"
)

const (
	// heartbeat is the smallest interval that nats.go allows. After two missed heartbeats the
	// reader asks whether its consumer still exists. So a reader whose consumer's node died is
	// silent for two seconds, and not for the default of ten.
	heartbeat = 500 * time.Millisecond
	// aliveTimeout is how long a silent consumer may take to say that it still exists.
	aliveTimeout = time.Second
	// stopTimeout is how long a consumer that is given up may take to stop.
	stopTimeout = 5 * time.Second
	// idleAfter is how long nothing must have been delivered before the sink is told.
	idleAfter = 200 * time.Millisecond
	// restFor is how long a reader rests before it starts again.
	restFor = 250 * time.Millisecond
	// maxBatch is how many messages are taken in together at most. Twice as many are requested
	// from the consumer at a time.
	maxBatch = 512
)

// Message is a message of the stream.
type Message struct {
	Seq     uint64    // its sequence in the stream
	Time    time.Time // when the stream stored it, as the stream says
	Pending uint64    // how many more messages the consumer knew of when it delivered this one
	Subject string
	Data    []byte
}

// Sink takes in the messages that a [Reader] delivers. Its methods are called by the goroutine
// of [Reader.Run] only.
type Sink interface {
	// Position returns the sequence up to which the sink has the stream. Each start goes on
	// behind it.
	Position() uint64
	// Take takes in some messages, ascending. It may move the position beyond them. It must not
	// keep the slice. After an error the reader starts again.
	Take(ctx context.Context, msgs []Message) error
}

// Reader reads a stream into a sink. The fields must not change while [Reader.Run] runs.
type Reader struct {
	JS     jetstream.JetStream
	Stream string
	Node   string // name of this node's server
	// Here asks for a consumer on this node's own server, if that has a copy of the stream. Then
	// the death of another node does not interrupt the delivery.
	Here bool
	Sink Sink
	Log  *slog.Logger

	// The following functions may be nil.

	// Begin is called before each start, and may still move the sink's position.
	Begin func(ctx context.Context) error
	// Opened is called when a start has its consumer: with the name of the server whose copy the
	// consumer reads, and the number of messages that it will deliver at once.
	Opened func(host string, pending uint64)
	// Idle is called again and again while nothing is delivered.
	Idle func(ctx context.Context)
	// Rest waits before the next start, after an error. Each start makes a consumer, and all
	// servers of a cluster have to agree on that. If it is nil, the reader rests a moment.
	Rest func(ctx context.Context, after error)

	batch []Message // reused
}

// Run reads until ctx ends. After any error it starts again behind the sink's position. So
// nothing is skipped.
func (r *Reader) Run(ctx context.Context) {
	for failed := uint64(0); ctx.Err() == nil; {
		err := r.read(ctx)
		if err == nil || ctx.Err() != nil {
			continue
		}
		if at := r.Sink.Position() + 1; at != failed { // logged once for each position
			r.Log.WarnContext(ctx, "the reader of a stream starts again", "stream", r.Stream, "from", at, "error", err)
			failed = at
		}
		if r.Rest != nil {
			r.Rest(ctx, err)
		} else {
			_ = pause.For(ctx, restFor) // the loop checks ctx
		}
	}
}

// read makes a consumer and passes its messages on, until the consumer fails or ctx ends.
func (r *Reader) read(ctx context.Context) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	if r.Begin != nil {
		if err := r.Begin(ctx); err != nil {
			return err
		}
	}
	consumer, err := r.consumer(ctx)
	if err != nil {
		return fmt.Errorf("make consumer: %w", err)
	}
	defer r.deleteConsumer(ctx, consumer)
	if r.Opened != nil {
		r.Opened(r.hostOf(consumer), consumer.CachedInfo().NumPending)
	}
	msgs, silent := make(chan jetstream.Msg, 2*maxBatch), make(chan struct{}, 1)
	consuming, err := consumer.Consume(func(m jetstream.Msg) {
		select {
		case msgs <- m:
		case <-ctx.Done():
		}
	}, jetstream.PullMaxMessages(2*maxBatch), jetstream.PullHeartbeat(heartbeat),
		jetstream.ConsumeErrHandler(func(_ jetstream.ConsumeContext, err error) {
			if !quiet(err) {
				cancel(err)
				return
			}
			select {
			case silent <- struct{}{}:
			default:
			}
		}))
	if err != nil {
		return fmt.Errorf("consume: %w", err)
	}
	defer func() {
		consuming.Stop()
		cancel(nil) // lets a handler that waits for room return
		select {
		case <-consuming.Closed():
		// The reader goes on anyway. Messages that come late are not read.
		case <-time.After(stopTimeout):
			r.Log.ErrorContext(ctx, "the consumer did not stop", "stream", r.Stream)
		}
	}()
	if err := r.deliver(ctx, consumer, msgs, silent); err != nil {
		return err
	}
	return context.Cause(ctx)
}

// quiet reports whether an error only says that the consumer has not been heard of. Nobody answers
// a request on another server until the word of a new consumer has reached that server. The next
// missed heartbeat makes nats.go ask again.
func quiet(err error) bool {
	return errors.Is(err, jetstream.ErrNoHeartbeat) || errors.Is(err, nats.ErrNoResponders)
}

// deliver passes messages on to the sink until ctx ends or anything fails.
func (r *Reader) deliver(ctx context.Context, consumer jetstream.Consumer, msgs <-chan jetstream.Msg, silent <-chan struct{}) error {
	var delivered uint64 // messages delivered by this consumer
	idle := time.NewTicker(idleAfter)
	defer idle.Stop()
	if r.Idle == nil {
		idle.Stop()
	}
	for {
		select {
		case <-ctx.Done():
			return nil
		case m := <-msgs:
			// Gosched lets more messages arrive. Under load, messages are then taken in by the
			// dozen and not in pairs.
			runtime.Gosched()
			if r.Idle != nil {
				idle.Reset(idleAfter)
			}
			if err := r.gather(m, msgs, &delivered); err != nil {
				return err
			}
			if err := r.Sink.Take(ctx, r.batch); err != nil {
				return err
			}
			clear(r.batch) // of what it refers to
		case <-silent:
			if err := alive(ctx, consumer); err != nil {
				return err
			}
		case <-idle.C:
			r.Idle(ctx)
		}
	}
}

// gather collects the messages that are queued behind the first one. It does not wait for more.
func (r *Reader) gather(m jetstream.Msg, msgs <-chan jetstream.Msg, delivered *uint64) error {
	r.batch = r.batch[:0]
	for {
		msg, err := parse(m, delivered)
		if err != nil {
			return err
		}
		if r.batch = append(r.batch, msg); len(r.batch) == maxBatch {
			return nil
		}
		select {
		case m = <-msgs:
		default:
			return nil
		}
	}
}

// parse reads the position and the time of a message from its reply subject. The consumer's own
// count shows whether a message was lost on the way. If so, everything is read again from the
// sink's position.
func parse(m jetstream.Msg, delivered *uint64) (Message, error) {
	meta, err := m.Metadata()
	if err != nil {
		return Message{}, fmt.Errorf("metadata: %w", err)
	}
	*delivered++
	if meta.Sequence.Consumer != *delivered {
		return Message{}, fmt.Errorf("the consumer delivered %d as its message %d", meta.Sequence.Consumer, *delivered)
	}
	return Message{Seq: meta.Sequence.Stream, Time: meta.Timestamp, Pending: meta.NumPending, Subject: m.Subject(), Data: m.Data()}, nil
}

package bare

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"natterjack/clients/cli/bench/internal/load"
)

// numberBytes of a message of [Engine.Stream] say which it is.
const numberBytes = 8

// Stream publishes durably at a steady rate, without waiting, over all streams, reads them by an ordered consumer each, and
// returns how long after they were due the messages were acknowledged and read: those due within from and to.
func (e *Engine) Stream(ctx context.Context, clock load.Clock, rate int, begin, from, to time.Duration) (load.Window, error) {
	interval := time.Second / time.Duration(rate)
	s := newStreaming(clock, int((to-begin)/interval))
	stop, err := e.consumeAll(ctx, s.read)
	if err != nil {
		return load.Window{}, err
	}
	defer stop()
	inbox := nats.NewInbox()
	acks, err := e.Conn.Subscribe(inbox+".*", s.ack)
	if err != nil {
		return load.Window{}, err
	}
	defer func() { _ = acks.Unsubscribe() }() // the run is over
	payload := make([]byte, numberBytes, load.TextBytes)
	err = clock.Pace(ctx, begin, interval, len(s.due), func(i int, due time.Duration) error {
		s.due[i] = due
		binary.LittleEndian.PutUint64(payload, uint64(i))
		data := load.AppendWords(payload, uint64(i), load.TextBytes-numberBytes)
		return e.Conn.PublishRequest(subject(i), fmt.Sprintf("%s.%d", inbox, i), data)
	})
	if err == nil {
		err = s.wait(ctx)
	}
	return s.window(from, to), err
}

// streaming is one run of [Engine.Stream]. The moments of a message are written by one callback each; the counters order
// them before whoever has waited.
type streaming struct {
	clock       load.Clock
	due         []time.Duration
	acked, seen []time.Duration
	acks, reads atomic.Int64
	refused     atomic.Pointer[error]
}

func newStreaming(clock load.Clock, n int) *streaming {
	return &streaming{
		clock: clock, due: make([]time.Duration, n),
		acked: make([]time.Duration, n), seen: make([]time.Duration, n),
	}
}

func (s *streaming) ack(msg *nats.Msg) {
	now := s.clock.Now()
	i := 0
	for _, c := range msg.Subject[len(msg.Subject)-lastToken(msg.Subject):] {
		i = 10*i + int(c-'0')
	}
	if err := storedIn(msg.Data, 0); err != nil || i >= len(s.acked) {
		err = errors.Join(err, fmt.Errorf("ack of message %d", i))
		s.refused.Store(&err)
		return
	}
	s.acked[i] = now
	s.acks.Add(1)
}

// lastToken is the length of a subject's last token.
func lastToken(subject string) int {
	for i := len(subject) - 1; i >= 0; i-- {
		if subject[i] == '.' {
			return len(subject) - 1 - i
		}
	}
	return len(subject)
}

func (s *streaming) read(msg jetstream.Msg) {
	now := s.clock.Now()
	i := binary.LittleEndian.Uint64(msg.Data())
	if i < uint64(len(s.seen)) && s.seen[i] == 0 {
		s.seen[i] = now
		s.reads.Add(1)
	}
}

func (s *streaming) wait(ctx context.Context) error {
	n := int64(len(s.due))
	for deadline := time.Now().Add(ackLimit); s.acks.Load() < n || s.reads.Load() < n; {
		if refused := s.refused.Load(); refused != nil {
			return *refused
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("bare engine: of %d messages %d were acknowledged and %d read", n, s.acks.Load(), s.reads.Load())
		}
		if err := pause(ctx, 5*time.Millisecond); err != nil {
			return err
		}
	}
	return nil
}

func (s *streaming) window(from, to time.Duration) (w load.Window) {
	for i, due := range s.due {
		if due < from || due >= to {
			continue
		}
		w.Acks = append(w.Acks, s.acked[i]-due)
		w.Ends = append(w.Ends, s.seen[i]-due)
	}
	w.Acked, w.Others = len(w.Acks), len(w.Ends)
	return w
}

// consumeAll reads every stream from its present end on, until stop is called.
func (e *Engine) consumeAll(ctx context.Context, handle func(jetstream.Msg)) (stop func(), err error) {
	var running []jetstream.ConsumeContext
	stop = func() {
		for _, c := range running {
			c.Stop()
			<-c.Closed()
		}
	}
	for i := range Streams {
		stream, err := e.JS.Stream(ctx, streamName(i))
		if err != nil {
			stop()
			return nil, err
		}
		// By sequence: a consumer of new messages only loses some when it is reset before its first.
		consumer, err := stream.OrderedConsumer(ctx, jetstream.OrderedConsumerConfig{
			DeliverPolicy: jetstream.DeliverByStartSequencePolicy,
			OptStartSeq:   stream.CachedInfo().State.LastSeq + 1,
		})
		if err != nil {
			stop()
			return nil, err
		}
		c, err := consumer.Consume(handle)
		if err != nil {
			stop()
			return nil, err
		}
		running = append(running, c)
	}
	return stop, nil
}

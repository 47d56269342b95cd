package takeover

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// readMessages is how many are asked for at once. There is no limit of bytes: where it ends within a message, the engine passes that over.
const readMessages = 500

// verify compares a stream on both sides: what the engines say of it, and every message.
func (t *takeover) verify(ctx context.Context, name string) (Stream, error) {
	var both sync.WaitGroup
	var sides [2]Stream
	var states [2]jetstream.StreamState
	var errs [2]error
	for i, js := range []jetstream.JetStream{t.from, t.to} {
		both.Go(func() { sides[i], states[i], errs[i] = sum(ctx, js, name) })
	}
	both.Wait()
	if err := errors.Join(errs[:]...); err != nil {
		return Stream{}, fmt.Errorf("verify: %w", err)
	}
	a, b := &states[0], &states[1]
	if a.Msgs != b.Msgs || max(a.FirstSeq, 1) != max(b.FirstSeq, 1) || // of a stream that never had a message it is either
		a.LastSeq != b.LastSeq || a.NumDeleted != b.NumDeleted || a.NumSubjects != b.NumSubjects || sides[0] != sides[1] {
		return Stream{}, fmt.Errorf("verify: it was %+v, %+v, and is %+v, %+v", sides[0], *a, sides[1], *b)
	}
	return sides[0], nil
}

// sum reads all of a stream.
func sum(ctx context.Context, js jetstream.JetStream, name string) (Stream, jetstream.StreamState, error) {
	s, err := js.Stream(ctx, name)
	if err != nil {
		return Stream{}, jetstream.StreamState{}, err
	}
	state := s.CachedInfo().State
	total := Stream{Name: name, Last: state.LastSeq}
	h := sha256.New()
	if state.Msgs > 0 {
		if total.Messages, err = read(ctx, s, h); err != nil {
			return total, state, err
		}
	}
	if total.Messages != state.Msgs {
		return total, state, fmt.Errorf("the stream says that it has %d messages, and %d can be read", state.Msgs, total.Messages)
	}
	total.Sum = hex.EncodeToString(h.Sum(nil))
	return total, state, nil
}

// read adds every message to a hash.
func read(ctx context.Context, s jetstream.Stream, h hash.Hash) (n uint64, err error) {
	c, err := s.CreateConsumer(ctx, jetstream.ConsumerConfig{AckPolicy: jetstream.AckNonePolicy, MemoryStorage: true, Replicas: 1, InactiveThreshold: time.Minute})
	if err != nil {
		return 0, err
	}
	defer func() { _ = s.DeleteConsumer(context.WithoutCancel(ctx), c.CachedInfo().Name) }() // else the engine does
	msgs, err := c.Messages(jetstream.PullMaxMessages(readMessages), jetstream.PullHeartbeat(time.Second))
	if err != nil {
		return 0, err
	}
	defer msgs.Stop()
	for {
		m, err := msgs.Next(jetstream.NextContext(ctx))
		if err != nil {
			return n, err
		}
		meta, err := m.Metadata()
		if err != nil {
			return n, err
		}
		if n++; meta.Sequence.Consumer != n {
			return n, fmt.Errorf("message %d was delivered as the %dth", meta.Sequence.Consumer, n)
		}
		add(h, m, meta)
		if meta.NumPending == 0 {
			return n, nil
		}
	}
}

// add adds a message with everything that is stored of it.
func add(h hash.Hash, m jetstream.Msg, meta *jetstream.MsgMetadata) {
	number := func(n uint64) { _, _ = h.Write(binary.BigEndian.AppendUint64(nil, n)) }
	text := func(s string) {
		number(uint64(len(s)))
		_, _ = h.Write([]byte(s))
	}
	number(meta.Sequence.Stream)
	number(uint64(meta.Timestamp.UnixNano()))
	text(m.Subject())
	for _, name := range slices.Sorted(maps.Keys(m.Headers())) {
		text(name)
		for _, v := range m.Headers()[name] {
			text(v)
		}
	}
	text(string(m.Data()))
}

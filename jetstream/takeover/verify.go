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
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// readMessages is how many messages are requested at once. There is no limit in bytes, because
// the engine skips a message in which such a limit ends.
const readMessages = 500

// whole describes a stream on one side: by the engine's figures, and by all messages.
type whole struct {
	Stream

	first, deleted, subjects uint64
}

// same reports whether both sides are equal.
func (w *whole) same(other *whole) bool { return *w == *other }

// sum reads all of a stream.
func sum(ctx context.Context, js jetstream.JetStream, name string) (whole, error) {
	s, err := js.Stream(ctx, name)
	if err != nil {
		return whole{}, err
	}
	state := s.CachedInfo().State
	total := whole{
		Stream: Stream{Name: name, Last: state.LastSeq},
		first:  max(state.FirstSeq, 1), // a stream that never had a message reports 0 or 1
	}
	total.deleted, total.subjects = uint64(state.NumDeleted), state.NumSubjects
	h := sha256.New()
	if state.Msgs > 0 {
		way := read
		if s.CachedInfo().Config.Retention == jetstream.WorkQueuePolicy {
			way = readEach
		}
		if total.Messages, err = way(ctx, s, h); err != nil {
			return total, err
		}
	}
	if total.Messages != state.Msgs {
		return total, fmt.Errorf("the stream says that it has %d messages, and %d can be read", state.Msgs, total.Messages)
	}
	total.Sum = hex.EncodeToString(h.Sum(nil))
	return total, nil
}

// read adds every message to a hash.
func read(ctx context.Context, s jetstream.Stream, h hash.Hash) (n uint64, err error) {
	c, err := s.CreateConsumer(ctx, jetstream.ConsumerConfig{AckPolicy: jetstream.AckNonePolicy, MemoryStorage: true, Replicas: 1, InactiveThreshold: time.Minute})
	if err != nil {
		return 0, err
	}
	// If this fails, the engine deletes the consumer.
	defer func() { _ = s.DeleteConsumer(context.WithoutCancel(ctx), c.CachedInfo().Name) }()
	msgs, err := c.Messages(jetstream.PullMaxMessages(readMessages), jetstream.PullHeartbeat(2*time.Second))
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
		add(h, &jetstream.RawStreamMsg{Sequence: meta.Sequence.Stream, Time: meta.Timestamp, Subject: m.Subject(), Header: m.Headers(), Data: m.Data()})
		if meta.NumPending == 0 {
			return n, nil
		}
	}
}

// readEach adds every message to a hash, as read does, for a queue of jobs. Such a stream has only
// the one consumer that does the jobs, and is small.
func readEach(ctx context.Context, s jetstream.Stream, h hash.Hash) (n uint64, err error) {
	for seq := uint64(1); ; n++ {
		m, err := s.GetMsg(ctx, seq, jetstream.WithGetMsgSubject(">"))
		if errors.Is(err, jetstream.ErrMsgNotFound) {
			return n, nil
		}
		if err != nil {
			return n, err
		}
		add(h, m)
		seq = m.Sequence + 1
	}
}

// add adds a message to the hash, with everything that is stored of it.
func add(h hash.Hash, m *jetstream.RawStreamMsg) {
	number := func(n uint64) { _, _ = h.Write(binary.BigEndian.AppendUint64(nil, n)) }
	text := func(s string) {
		number(uint64(len(s)))
		_, _ = h.Write([]byte(s))
	}
	number(m.Sequence)
	number(uint64(m.Time.UnixNano()))
	text(m.Subject)
	for _, name := range slices.Sorted(maps.Keys(m.Header)) {
		text(name)
		for _, v := range m.Header[name] {
			text(v)
		}
	}
	text(string(m.Data))
}

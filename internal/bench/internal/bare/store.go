package bare

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"golang.org/x/sync/errgroup"

	"natterjack/internal/bench/internal/load"
	"natterjack/jetstream/channel"
	"natterjack/server/wire"
)

// fillBatch is the number of messages that a batch of [Fill] commits.
const fillBatch = 500

// readLimit bounds the time for reading a page, or a pause while reading a stream.
const readLimit = 60 * time.Second

// Store describes the content of a store: direct channels of two users each, all with the same
// number of messages. The first event of every channel is its meta event. The messages of all
// channels are interleaved: first the k-th message of each channel, then the next message of
// each.
type Store struct {
	Channels int
	Messages int // in each channel
	Shards   int
}

// Users returns the users of the i-th channel, in order.
func (Store) Users(i int) (a, b string) {
	a, b = UserName("f", 2*i), UserName("f", 2*i+1)
	return min(a, b), max(a, b)
}

// Channel returns the id of the i-th channel.
func (s Store) Channel(i int) string { return wire.DirectChannel(s.Users(i)) }

// Events returns the number of events in the store.
func (s Store) Events() int { return s.Channels * (1 + s.Messages) }

// messages returns the stream and the subject of the events of a channel, as the server names
// them.
func (s Store) messages(channel string) (stream, subject string) {
	return "CHAT_" + strconv.Itoa(s.shardOf(channel)), fmt.Sprintf("chat.%d.%s", wire.SlotOf(channel), channel)
}

func (s Store) shardOf(channel string) int { return wire.SlotOf(channel) * s.Shards / wire.Slots }

// Fill writes the messages of a store's channels, from one number to another, without the
// server. The server must have made the streams. Fill writes records of the log in atomic
// batches, to all shards at once. Message 0 is the event that creates a channel. Fill stores in
// progress how many are stored.
func (s Store) Fill(ctx context.Context, conn *nats.Conn, from, to int, progress *atomic.Int64) error {
	channels := make([][]int, s.Shards)
	for i := range s.Channels {
		shard := s.shardOf(s.Channel(i))
		channels[shard] = append(channels[shard], i)
	}
	group, ctx := errgroup.WithContext(ctx)
	for shard := range s.Shards {
		group.Go(func() error {
			f := filling{Store: s, conn: conn, shard: shard, progress: progress, now: time.Now().UnixMilli()}
			return f.all(ctx, channels[shard], from, to)
		})
	}
	return group.Wait()
}

// filling fills one shard. It is for one goroutine.
type filling struct {
	Store
	conn     *nats.Conn
	shard    int
	now      int64
	progress *atomic.Int64

	batches int
	batch   *Batch
	subject string // of the event that waits for the next one, or for the commit
	data    []byte
}

func (f *filling) all(ctx context.Context, channels []int, from, to int) error {
	for seq := from; seq <= to; seq++ {
		for _, i := range channels {
			if err := f.add(ctx, i, seq); err != nil {
				return fmt.Errorf("fill shard %d: %w", f.shard, err)
			}
		}
	}
	return f.commit(ctx)
}

func (f *filling) add(ctx context.Context, i, seq int) error {
	record := f.record(i, seq)
	data, err := wire.EncodeRecord(&record)
	if err != nil {
		return err
	}
	if f.batch != nil && f.batch.size >= fillBatch-1 {
		if err := f.commit(ctx); err != nil {
			return err
		}
	}
	if f.batch == nil {
		f.batches++
		f.batch = NewBatch(f.conn, fmt.Sprintf("fill-%d-%d", f.shard, f.batches))
	} else if err := f.batch.Add(f.subject, f.data); err != nil {
		return err
	}
	_, f.subject = f.messages(f.Channel(i))
	f.data = data
	return nil
}

func (f *filling) commit(ctx context.Context) error {
	if f.batch == nil {
		return nil
	}
	if err := f.batch.Commit(ctx, f.subject, f.data); err != nil {
		return err
	}
	f.progress.Add(int64(f.batch.size))
	f.batch = nil
	return nil
}

func (f *filling) record(i, seq int) wire.Record {
	a, b := f.Users(i)
	r := wire.Record{
		Kind: wire.KindMessage, Version: uint64(seq + 1), ID: newID(f.Channel(i)), Sender: a, Timestamp: f.now + int64(seq),
	}
	if seq == 0 {
		r.Kind, r.Meta = wire.KindMeta, &wire.Meta{Action: wire.ActionCreated, Kind: wire.Direct, Members: []string{a, b}}
		return r
	}
	if seq%2 == 0 {
		r.Sender = b
	}
	r.ClientID, r.Seq = newClientID(), uint64(seq)
	r.Content = &wire.Content{Text: string(load.AppendWords(nil, uint64(i)<<32+uint64(seq), load.TextBytes))}
	return r
}

// newID returns the id of an event of a channel, as the server makes it.
func newID(channelID string) string {
	return uuid.UUID(channel.Bind(uuid.Must(uuid.NewV7()), channelID)).String()
}

// newClientID returns the id of a send, as clients make it.
func newClientID() string { return strings.ToLower(rand.Text()) }

// ReadLast reads the last n messages of a channel from the stream alone, by a batched direct
// get (ADR-31). JetStream pages only forward. With exactly n messages in the channel, no search
// for the first one is needed. The event that created the channel comes with them.
func (s Store) ReadLast(ctx context.Context, conn *nats.Conn, channel string, n int) error {
	n++
	stream, subject := s.messages(channel)
	inbox := nats.NewInbox()
	sub, err := conn.SubscribeSync(inbox)
	if err != nil {
		return err
	}
	defer func() { _ = sub.Unsubscribe() }() // the answer has come
	request, err := json.Marshal(map[string]any{"seq": 1, "batch": n, "next_by_subj": subject})
	if err != nil {
		return err
	}
	if err := conn.PublishRequest("$JS.API.DIRECT.GET."+stream, inbox, request); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, readLimit)
	defer cancel()
	for read := 0; ; read++ {
		msg, err := sub.NextMsgWithContext(ctx)
		if err != nil {
			return fmt.Errorf("read %s: %d of %d messages: %w", subject, read, n, err)
		}
		if status := msg.Header.Get("Status"); status != "" { // 204 ends a batch, any other status refuses it
			if status != "204" || read != n {
				return fmt.Errorf("read %s: %d of %d messages, then status %s", subject, read, n, status)
			}
			return nil
		}
	}
}

// ReadAll reads all streams of the store from the beginning, with one ordered consumer for each
// stream. It returns how long that took.
func (s Store) ReadAll(ctx context.Context, js jetstream.JetStream) (time.Duration, error) {
	began := time.Now()
	group, ctx := errgroup.WithContext(ctx)
	for shard := range s.Shards {
		group.Go(func() error { return readStream(ctx, js, "CHAT_"+strconv.Itoa(shard)) })
	}
	err := group.Wait()
	return time.Since(began), err
}

func readStream(ctx context.Context, js jetstream.JetStream, name string) error {
	stream, err := js.Stream(ctx, name)
	if err != nil {
		return err
	}
	last := stream.CachedInfo().State.LastSeq
	if last == 0 {
		return nil
	}
	consumer, err := stream.OrderedConsumer(ctx, jetstream.OrderedConsumerConfig{
		DeliverPolicy: jetstream.DeliverByStartSequencePolicy, OptStartSeq: 1,
	})
	if err != nil {
		return err
	}
	done := make(chan struct{})
	var read atomic.Uint64
	c, err := consumer.Consume(func(jetstream.Msg) {
		if read.Add(1) == last {
			close(done)
		}
	})
	if err != nil {
		return err
	}
	defer func() {
		c.Stop()
		<-c.Closed()
	}()
	ticker := time.NewTicker(readLimit)
	defer ticker.Stop()
	for before := uint64(0); ; before = read.Load() {
		select {
		case <-done:
			return nil
		case <-ticker.C:
			if read.Load() == before {
				return fmt.Errorf("read %s: stands at %d of %d messages", name, before, last)
			}
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

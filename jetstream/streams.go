package jetstream

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/nats-io/nats.go/jetstream"

	"natterjack/jetstream/internal/pause"
	"natterjack/server/wire"
)

const (
	defaultShards = 4
	// duplicateWindow is JetStream's own memory of message ids. It only shortens what the view's index of client ids
	// does without a time limit, so it is kept small: it costs 119 bytes of heap an id.
	duplicateWindow = 2 * time.Minute

	metaEpoch  = "natterjack_epoch"
	metaShards = "natterjack_shards"
)

// StreamName is the stream of a shard.
func StreamName(shard int) string { return "CHAT_" + strconv.Itoa(shard) }

// Subject is where an event of a channel is stored.
func Subject(shard int, channel string, kind wire.Kind) string {
	return channelPrefix(shard, channel) + string(kind)
}

// channelPrefix and a kind are a subject; with ">" it is every event of the channel.
func channelPrefix(shard int, channel string) string {
	return "chat." + strconv.Itoa(shard) + "." + channel + "."
}

// parseSubject is the inverse of [Subject].
func parseSubject(subject string) (channel string, kind wire.Kind, ok bool) {
	parts := strings.Split(subject, ".")
	if len(parts) != 4 || parts[0] != "chat" {
		return "", "", false
	}
	return parts[2], wire.Kind(parts[3]), true
}

// layout is what the streams say of themselves, whatever the configuration says now.
type layout struct {
	epoch  string
	shards int
}

// openStreams makes what is missing of the streams, and waits for a cluster that is still forming. The first stream
// carries the epoch and the number of shards: whoever makes it first decides for all.
func openStreams(ctx context.Context, js jetstream.JetStream, shards, replicas int) (layout, error) {
	first, err := openStream(ctx, js, streamConfig(0, replicas, map[string]string{
		metaEpoch: uuid.NewString(), metaShards: strconv.Itoa(shards),
	}))
	if err != nil {
		return layout{}, err
	}
	meta := first.CachedInfo().Config.Metadata
	l := layout{epoch: meta[metaEpoch]}
	if l.shards, err = strconv.Atoi(meta[metaShards]); err != nil || l.epoch == "" || l.shards < 1 {
		return layout{}, fmt.Errorf("jetstream: stream %s was not made by this server: its metadata lacks %s and %s",
			StreamName(0), metaEpoch, metaShards)
	}
	for shard := 1; shard < l.shards; shard++ {
		if _, err := openStream(ctx, js, streamConfig(shard, replicas, nil)); err != nil {
			return layout{}, err
		}
	}
	return l, nil
}

func streamConfig(shard, replicas int, metadata map[string]string) jetstream.StreamConfig {
	return jetstream.StreamConfig{
		Name:               StreamName(shard),
		Description:        "channels of shard " + strconv.Itoa(shard) + ": chat.<shard>.<channel>.<kind>",
		Subjects:           []string{"chat." + strconv.Itoa(shard) + ".>"},
		Storage:            jetstream.FileStorage,
		Replicas:           replicas,
		Duplicates:         duplicateWindow,
		AllowDirect:        true,
		AllowAtomicPublish: true,
		Metadata:           metadata,
	}
}

// openStream looks the stream up and makes it where it is missing, until ctx ends.
func openStream(ctx context.Context, js jetstream.JetStream, cfg jetstream.StreamConfig) (jetstream.Stream, error) {
	return pause.Until(ctx, "stream "+cfg.Name, func(ctx context.Context) (jetstream.Stream, error) {
		stream, err := js.Stream(ctx, cfg.Name)
		if errors.Is(err, jetstream.ErrStreamNotFound) {
			return js.CreateStream(ctx, cfg)
		}
		return stream, err
	})
}

// lastPos asks the leader of a shard's stream for the pos of its last message.
func lastPos(ctx context.Context, js jetstream.JetStream, shard int) (uint64, error) {
	stream, err := js.Stream(ctx, StreamName(shard))
	if err != nil {
		return 0, err
	}
	return stream.CachedInfo().State.LastSeq, nil
}

// goneUpto is the pos up to which a stream has no message any more after a pos, or that pos itself. It comes out of one answer of
// the leader: of two, one might be by a server that leads no more.
func goneUpto(ctx context.Context, js jetstream.JetStream, shard int, after uint64) (uint64, error) {
	s, err := js.Stream(ctx, StreamName(shard))
	if err != nil || s.CachedInfo().State.LastSeq <= after {
		return after, err
	}
	info, err := s.Info(ctx, jetstream.WithDeletedDetails(true))
	if err != nil {
		return after, err
	}
	state := &info.State
	upto := max(after, state.FirstSeq-1)
	i, _ := slices.BinarySearch(state.Deleted, upto+1)
	for ; i < len(state.Deleted) && state.Deleted[i] == upto+1; i++ {
		upto++
	}
	return min(upto, max(after, state.LastSeq)), nil
}

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

const defaultShards = 4

// What the first stream says of the whole log, in its metadata.
const (
	metaEpoch = "natterjack_epoch"
	metaSlots = "natterjack_slots"
	metaLevel = "natterjack_level"
)

// StreamName is the stream of a shard.
func StreamName(shard int) string { return "CHAT_" + strconv.Itoa(shard) }

// Subject is where the events of a channel are stored. The slot is a part of it so that a stream can take over a slot's channels by
// one subject; the kind of an event is not, for each subject costs the engine memory.
func Subject(channel string) string {
	return "chat." + slotNames[wire.SlotOf(channel)] + "." + channel
}

// channelOf returns whose subject it is, and "" for a subject that is no channel's.
func channelOf(subject string) string {
	rest, found := strings.CutPrefix(subject, "chat.")
	slot, id, more := strings.Cut(rest, ".")
	if !found || !more || id == "" || strings.Contains(id, ".") || slot != slotNames[wire.SlotOf(id)] {
		return ""
	}
	return id
}

// slotNames are the slots as they stand in subjects.
var slotNames = func() (names [wire.Slots]string) {
	for slot := range names {
		names[slot] = strconv.Itoa(slot)
	}
	return names
}()

// layout is what the streams say of themselves, whatever the configuration says now.
type layout struct {
	epoch  string
	shards int
	slots  slots
	level  int // at which the log was when this node started
}

// shardOf returns the shard in which a channel lives.
func (l *layout) shardOf(channel string) int { return int(l.slots[wire.SlotOf(channel)]) }

// openStreams makes what is missing of the streams, and waits for a cluster that is still forming. The first stream
// carries the epoch, the table of slots and the level of the log: whoever makes it first decides for all.
func openStreams(ctx context.Context, js jetstream.JetStream, level, shards, replicas int) (layout, error) {
	if shards < 1 || shards > wire.Slots {
		return layout{}, fmt.Errorf("jetstream: %d shards; there can be 1 to %d", shards, wire.Slots)
	}
	spread := evenSlots(shards)
	first, err := openStream(ctx, js, streamConfig(0, &spread, replicas, map[string]string{
		metaEpoch: uuid.NewString(), metaSlots: spread.String(), metaLevel: strconv.Itoa(level),
	}))
	if err != nil {
		return layout{}, err
	}
	l, err := parseLayout(first.CachedInfo().Config.Metadata, level)
	if err != nil {
		return layout{}, err
	}
	for shard := 1; shard < l.shards; shard++ {
		if _, err := openStream(ctx, js, streamConfig(shard, &l.slots, replicas, nil)); err != nil {
			return layout{}, err
		}
	}
	return l, nil
}

// parseLayout reads what the first stream says, for a node that speaks up to a level.
func parseLayout(meta map[string]string, speaks int) (l layout, err error) {
	if l.level, err = strconv.Atoi(meta[metaLevel]); err != nil || meta[metaEpoch] == "" {
		return l, fmt.Errorf("jetstream: stream %s was not made by this server: its metadata lacks %s, %s and %s",
			StreamName(0), metaEpoch, metaSlots, metaLevel)
	}
	if l.level > speaks {
		return l, fmt.Errorf("jetstream: the log is written at level %d, and this version reads up to level %d; start a newer version", l.level, speaks)
	}
	l.epoch = meta[metaEpoch]
	if l.slots, l.shards, err = parseSlots(meta[metaSlots]); err != nil {
		return l, fmt.Errorf("jetstream: stream %s: %s: %w", StreamName(0), metaSlots, err)
	}
	return l, nil
}

func streamConfig(shard int, spread *slots, replicas int, metadata map[string]string) jetstream.StreamConfig {
	var subjects []string
	for slot, at := range spread {
		if int(at) == shard {
			subjects = append(subjects, "chat."+strconv.Itoa(slot)+".*")
		}
	}
	return jetstream.StreamConfig{
		Name:               StreamName(shard),
		Description:        "channels of shard " + strconv.Itoa(shard) + ": chat.<slot>.<channel>",
		Subjects:           subjects,
		Storage:            jetstream.FileStorage,
		Compression:        compression,
		Replicas:           replicas,
		Duplicates:         noDuplicates,
		AllowDirect:        true,
		AllowAtomicPublish: true,
		Metadata:           metadata,
	}
}

// compression is of the blocks of a stream that are full. There is none: s2 made text half as large (229 bytes a message instead of some
// 500), but after a kill a replica may not be able to catch up any more, for good ("error reading compression reader: s2: unsupported
// input" of nats-server 2.15.2, seen with three nodes under kills).
const compression = jetstream.NoCompression

// noDuplicates is the shortest memory of message ids that JetStream takes. Nothing here has one: versions and client ids tell what came
// twice, without a time limit, where an id costs 308 bytes of heap.
const noDuplicates = 100 * time.Millisecond

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

package jetstream

import (
	"cmp"
	"context"
	"crypto/rand"
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

// Metadata of the first stream, which describes the whole log.
const (
	metaEpoch = "natterjack_epoch"
	metaSlots = "natterjack_slots"
	metaLevel = "natterjack_level"
	metaKey   = "natterjack_key"
)

// StreamName returns the name of a shard's stream.
func StreamName(shard int) string { return "CHAT_" + strconv.Itoa(shard) }

// Subject returns the subject that stores the events of a channel. It contains the slot, so
// that a stream can take over a slot's channels by one subject. It does not contain the kind of
// an event, because each subject costs the engine memory.
func Subject(channel string) string {
	return "chat." + slotNames[wire.SlotOf(channel)] + "." + channel
}

// channelOf returns the channel of a subject, or "" if the subject belongs to no channel.
func channelOf(subject string) string {
	rest, found := strings.CutPrefix(subject, "chat.")
	slot, id, more := strings.Cut(rest, ".")
	if !found || !more || id == "" || strings.Contains(id, ".") || slot != slotNames[wire.SlotOf(id)] {
		return ""
	}
	return id
}

// slotNames are the slots as they are written in subjects.
var slotNames = func() (names [wire.Slots]string) {
	for slot := range names {
		names[slot] = strconv.Itoa(slot)
	}
	return names
}()

// layout holds the facts that the streams' metadata has. It does not depend on the configuration.
type layout struct {
	epoch  string
	key    string // a secret: only nodes and operators see the metadata of streams
	keyed  bool   // the key is stored
	shards int
	slots  slots
	level  int // the log's level when this node started
}

// shardOf returns the shard of a channel.
func (l *layout) shardOf(channel string) int { return int(l.slots[wire.SlotOf(channel)]) }

// openStreams creates the missing streams, and waits for a cluster that is still forming. The
// first stream carries the epoch, the table of slots and the level of the log. The node that
// creates it first decides them for all nodes.
func openStreams(ctx context.Context, js jetstream.JetStream, level, shards, replicas int) (layout, error) {
	if shards < 1 || shards > wire.Slots {
		return layout{}, fmt.Errorf("jetstream: %d shards; there can be 1 to %d", shards, wire.Slots)
	}
	spread := evenSlots(shards)
	first, err := openStream(ctx, js, streamConfig(0, &spread, replicas, map[string]string{
		metaEpoch: uuid.NewString(), metaSlots: spread.String(), metaLevel: strconv.Itoa(level), metaKey: rand.Text(),
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

// parseLayout parses the metadata of the first stream, for a node that knows levels up to
// speaks.
func parseLayout(meta map[string]string, speaks int) (l layout, err error) {
	if l.level, err = strconv.Atoi(meta[metaLevel]); err != nil || meta[metaEpoch] == "" {
		return l, fmt.Errorf("jetstream: stream %s was not made by this server: its metadata lacks %s, %s and %s",
			StreamName(0), metaEpoch, metaSlots, metaLevel)
	}
	if l.level > speaks {
		return l, fmt.Errorf("jetstream: the log is written at level %d, and this version reads up to level %d; start a newer version", l.level, speaks)
	}
	l.epoch = meta[metaEpoch]
	// A log without a key was made by an early version. Keys that are derived from it then hold
	// only until the node stops, and only on this node.
	l.key, l.keyed = cmp.Or(meta[metaKey], rand.Text()), meta[metaKey] != ""
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

// compression applies to the full blocks of a stream. It is off. S2 made text half as large
// (229 bytes a message instead of about 500). But after a kill a replica could become unable to
// catch up, for good ("error reading compression reader: s2: unsupported input" of nats-server
// 2.15.2, seen with three nodes under kills).
const compression = jetstream.NoCompression

// noDuplicates is the shortest memory of message ids that JetStream allows. Messages here have
// no such id. Versions and client ids detect duplicates without a time limit, while a message
// id costs 308 bytes of heap.
const noDuplicates = 100 * time.Millisecond

// openStream looks the stream up and creates it if it is missing. It tries until ctx ends.
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

// goneUpto returns the pos up to which a stream has no messages after a given pos, or the given
// pos. It uses one answer of the leader: of two answers, one might come from a server that has
// lost the lead.
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

package receipts

import (
	"strconv"

	"github.com/nats-io/nats.go/jetstream"
)

// StreamName is the stream of a shard's cursors.
func StreamName(shard int) string { return "RECEIPTS_" + strconv.Itoa(shard) }

// Subject is where the records of a shard are stored: all under one, for each subject of a stream costs the engine some 200 bytes of memory.
func Subject(shard int) string { return "receipt." + strconv.Itoa(shard) }

// StreamConfig is how a shard's stream is made. It has no window for duplicates: a record that comes twice changes nothing.
func StreamConfig(shard, replicas int) jetstream.StreamConfig {
	return jetstream.StreamConfig{
		Name:        StreamName(shard),
		Description: "who has read and received up to where, as it moved; cleaned of what has moved on",
		Subjects:    []string{Subject(shard)},
		Storage:     jetstream.FileStorage,
		Replicas:    replicas,
	}
}

// key is whose cursor, and where.
type key struct{ channel, user string }

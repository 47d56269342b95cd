package receipts

import (
	"strconv"

	"github.com/nats-io/nats.go/jetstream"
)

// StreamName returns the name of the stream of a shard's cursors.
func StreamName(shard int) string { return "RECEIPTS_" + strconv.Itoa(shard) }

// Subject returns the subject under which a shard's records are stored. It is the same for all
// of them, because each subject of a stream costs the engine some 200 bytes of memory.
func Subject(shard int) string { return "receipt." + strconv.Itoa(shard) }

// StreamConfig returns the configuration of a shard's stream. It has no duplicate window,
// because a record that comes twice changes nothing.
func StreamConfig(shard, replicas int) jetstream.StreamConfig {
	return jetstream.StreamConfig{
		Name:        StreamName(shard),
		Description: "how far each user has read and received, by channel; outdated records are removed",
		Subjects:    []string{Subject(shard)},
		Storage:     jetstream.FileStorage,
		Replicas:    replicas,
	}
}

// key names a cursor: its user and its channel.
type key struct{ channel, user string }

package receipts

import (
	"strconv"
	"strings"

	"github.com/nats-io/nats.go/jetstream"
)

// StreamName is the stream of a shard's cursors.
func StreamName(shard int) string { return "RECEIPTS_" + strconv.Itoa(shard) }

// StreamConfig is how a shard's stream is made. It has no window for duplicates: a write that comes twice is refused by
// its compare-and-set.
func StreamConfig(shard, replicas int) jetstream.StreamConfig {
	return jetstream.StreamConfig{
		Name:               StreamName(shard),
		Description:        "who has read and received up to where: receipt.<shard>.<channel>.<user>",
		Subjects:           []string{"receipt." + strconv.Itoa(shard) + ".>"},
		MaxMsgsPerSubject:  1,
		Storage:            jetstream.FileStorage,
		Replicas:           replicas,
		AllowAtomicPublish: true,
	}
}

// key is whose cursor, and where.
type key struct{ channel, user string }

func (k key) subject(shard int) string {
	return "receipt." + strconv.Itoa(shard) + "." + k.channel + "." + k.user
}

// parseSubject is the inverse of subject.
func parseSubject(subject string) (k key, ok bool) {
	parts := strings.Split(subject, ".")
	if len(parts) != 4 || parts[0] != "receipt" {
		return key{}, false
	}
	return key{channel: parts[2], user: parts[3]}, true
}

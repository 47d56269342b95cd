package duty

import (
	"strconv"

	"github.com/nats-io/nats.go/jetstream"
)

// StreamName is the name of the stream with the positions of all duties.
const StreamName = "DUTIES"

// Subject returns the subject of a duty's position in a shard.
func Subject(name string, shard int) string { return "duty." + name + "." + strconv.Itoa(shard) }

// StreamConfig returns the configuration of the stream. It has no duplicate window, because each
// write names the record that it replaces.
func StreamConfig(replicas int) jetstream.StreamConfig {
	return jetstream.StreamConfig{
		Name:              StreamName,
		Description:       "the pos up to which each duty is done, by shard: duty.<name>.<shard>",
		Subjects:          []string{"duty.*.*"},
		Storage:           jetstream.FileStorage,
		MaxMsgsPerSubject: 1,
		Replicas:          replicas,
	}
}

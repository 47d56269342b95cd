package queue

import (
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

const (
	// consumerName is the name of the consumer that all nodes share.
	consumerName = "workers"
	// ackWait is how long a node may be silent about a job that it has until another node gets it.
	ackWait = 30 * time.Second
	// DeadName is the name of the stream with the dead letters of all queues.
	DeadName = "DEAD"
	// deadAge is how long dead letters are kept, deadEach how many of a target of a queue, and
	// deadMost how many in all. There is no bound in bytes, because the engine would keep those
	// free, and refuse to make the stream on a small store.
	deadAge  = 30 * 24 * time.Hour
	deadEach = 100
	deadMost = 10_000
)

// StreamName returns the name of a queue's stream.
func StreamName(queue string) string { return "QUEUE_" + strings.ToUpper(queue) }

// Subject returns the subject of the jobs of a target.
func Subject(queue, target string) string { return "queue." + queue + "." + token(target) }

// DeadSubject returns the subject of the dead letters of a target.
func DeadSubject(queue, target string) string { return "dead." + queue + "." + token(target) }

// streamConfig returns the configuration of the queue's stream. The stream refuses jobs beyond
// its limits. The nats command needs direct access to page through such a stream.
func (c *Config) streamConfig(replicas int) jetstream.StreamConfig {
	return jetstream.StreamConfig{
		Name:                 StreamName(c.Name),
		Description:          "jobs that are not done yet: queue.<name>.<target>",
		Subjects:             []string{"queue." + c.Name + ".*"},
		Retention:            jetstream.WorkQueuePolicy,
		Storage:              jetstream.FileStorage,
		Discard:              jetstream.DiscardNew,
		DiscardNewPerSubject: true,
		MaxMsgs:              int64(c.Jobs),
		MaxMsgsPerSubject:    int64(c.TargetJobs),
		MaxBytes:             c.Bytes,
		Duplicates:           c.Window,
		AllowDirect:          true,
		AllowAtomicPublish:   true,
		Replicas:             replicas,
	}
}

// deadConfig returns the configuration of the stream of dead letters, which drops the oldest.
func deadConfig(replicas int) jetstream.StreamConfig {
	return jetstream.StreamConfig{
		Name:              DeadName,
		Description:       "jobs that were given up, with the reason: dead.<queue>.<target>",
		Subjects:          []string{"dead.*.*"},
		Storage:           jetstream.FileStorage,
		MaxMsgsPerSubject: deadEach,
		MaxMsgs:           deadMost,
		MaxAge:            deadAge,
		AllowDirect:       true,
		Replicas:          replicas,
	}
}

// consumerConfig returns the configuration of the workers' consumer. All jobs may be with workers
// at once, because jobs that are to come later count as such. The engine gives up none: the queue
// counts tries by itself.
func (c *Config) consumerConfig() jetstream.ConsumerConfig {
	return jetstream.ConsumerConfig{
		Durable:       consumerName,
		Description:   "the nodes that do the jobs",
		AckPolicy:     jetstream.AckExplicitPolicy,
		AckWait:       c.AckWait,
		MaxDeliver:    -1,
		MaxAckPending: c.Jobs,
	}
}

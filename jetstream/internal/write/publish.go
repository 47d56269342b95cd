package write

import (
	"errors"
	"maps"
	"strconv"
	"time"

	"github.com/nats-io/nats.go"

	"natterjack/jetstream/internal/batch"
	"natterjack/jetstream/internal/crashpoint"
)

const (
	// ackTimeout bounds how long JetStream may take to acknowledge. It passes when a disk
	// stalls or the quorum is lost.
	ackTimeout = 2 * time.Second
	// batchFrom is how many messages make an atomic batch worth its fixed cost if the engine
	// stages it in files. The cost is about 1 ms of CPU and a sync.
	batchFrom = 16
	// stagedFrom is the same if the engine stages the batch in memory. A single publish costs a
	// sync of its own, so few messages are enough. With it the median fell from 19 to 15 ms at
	// 5,000/s, and from 7 to 5 ms at 2,000/s.
	stagedFrom = 4
)

// publisher publishes messages to the stream of one shard. It publishes them singly where few
// wait, and as one atomic batch (ADR-50) where many wait. A batch takes one fsync and one Raft
// proposal.
//
// All methods are for one goroutine.
type publisher struct {
	conn    interface{ PublishMsg(*nats.Msg) error } // a *nats.Conn
	acks    *ackInbox
	name    string // prefix of its batch ids; short, as the id is stored with each message
	batches uint64 // batches so far
	stage   func() // called before each batch
	from    int    // how many messages make a batch

	// headers are the headers of a batch's messages. They are built once and reused, because
	// PublishMsg has written them when it returns.
	headers []nats.Header
	id      []string // the batch's id, shared by all headers
}

// publish publishes messages without waiting: one message singly, several as an atomic batch.
// The ack goes to reply.
func (p *publisher) publish(msgs []*nats.Msg, reply string) error {
	last := msgs[len(msgs)-1]
	last.Reply = reply
	if len(msgs) == 1 {
		return p.conn.PublishMsg(last)
	}
	p.stage()
	p.batches++
	if p.id == nil {
		p.id = make([]string, 1)
	}
	p.id[0] = p.name + strconv.FormatUint(p.batches, 36)
	for len(p.headers) < len(msgs) {
		p.headers = append(p.headers, nats.Header{
			batch.ID: p.id, batch.Sequence: {strconv.Itoa(len(p.headers) + 1)},
		})
	}
	for i, msg := range msgs {
		msg.Header = p.headers[i]
		if msg == last {
			msg.Header = maps.Clone(msg.Header)
			msg.Header[batch.Commit] = []string{"1"}
		}
		if i == len(msgs)/2 {
			crashpoint.Reach(crashpoint.BatchHalf)
		}
		if err := p.conn.PublishMsg(msg); err != nil {
			return err
		}
	}
	return nil
}

var errBatchSize = errors.New("jetstream: a batch was acked with another number of messages")

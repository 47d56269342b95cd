package jetstream

import (
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"natterjack/jetstream/channel"
	"natterjack/jetstream/internal/crashpoint"
	"natterjack/server/wire"
)

const (
	// ackTimeout is how long JetStream may take to acknowledge. A stalled disk or a lost quorum shows as its end.
	ackTimeout = 2 * time.Second
	// batchFrom is how many messages make an atomic batch worth its fixed cost (a staging store, about 1 ms of CPU):
	// measured, single publishes are cheaper below some 20.
	batchFrom = 16
)

// Headers of JetStream that nats.go has no names for (ADR-50 and nats-server's stream.go).
const (
	batchIDHeader       = "Nats-Batch-Id"
	batchSequenceHeader = "Nats-Batch-Sequence"
	batchCommitHeader   = "Nats-Batch-Commit"
)

// publisher puts messages into the stream of one shard: singly where few wait, as one atomic batch (ADR-50) where many do: one
// fsync and one Raft proposal for all of them.
//
// All methods are for one goroutine.
type publisher struct {
	conn    *nats.Conn
	acks    *ackInbox
	batches uint64 // how many there were, for their ids
}

// messages encodes the events of all plans, in order. The first of each channel carries the compare-and-set; in a batch
// it holds for those that follow it.
func (w *writer) messages(plans []*plan) ([]*nats.Msg, error) {
	msgs := make([]*nats.Msg, 0, len(plans)+1)
	for _, p := range plans {
		for i := range p.events {
			body, err := wire.EncodeRecord(&p.events[i].Record)
			if err != nil {
				return nil, fmt.Errorf("encode record: %w", err)
			}
			msg := &nats.Msg{Subject: Subject(w.shard, p.cmd.channel, p.events[i].Kind), Header: nats.Header{}, Data: body}
			if p.events[i].Record.ClientID != "" {
				msg.Header[jetstream.MsgIDHeader] = []string{p.cmd.channel + "/" + p.cmd.user + "/" + p.cmd.clientID}
			}
			if p.first && i == 0 {
				msg.Header[jetstream.ExpectedLastSubjSeqHeader] = []string{strconv.FormatUint(p.expect, 10)}
				msg.Header[jetstream.ExpectedLastSubjSeqSubjHeader] = []string{channelPrefix(w.shard, p.cmd.channel) + ">"}
			}
			msgs = append(msgs, msg)
		}
	}
	return msgs, nil
}

// publish publishes messages without waiting: one by itself, several as an atomic batch. The ack goes to reply.
func (p *publisher) publish(msgs []*nats.Msg, reply string) error {
	last := msgs[len(msgs)-1]
	last.Reply = reply
	if len(msgs) == 1 {
		return p.conn.PublishMsg(last)
	}
	p.batches++
	id := p.acks.name + "-" + strconv.FormatUint(p.batches, 36)
	last.Header[batchCommitHeader] = []string{"1"}
	for i, msg := range msgs {
		msg.Header[batchIDHeader] = []string{id}
		msg.Header[batchSequenceHeader] = []string{strconv.Itoa(i + 1)}
		if i == len(msgs)/2 {
			crashpoint.Reach(crashpoint.BatchHalf)
		}
		if err := p.conn.PublishMsg(msg); err != nil {
			return err
		}
	}
	return nil
}

// stored completes a plan whose last event is at pos.
func (p *plan) stored(shard int, pos uint64) {
	last := &p.events[len(p.events)-1].Record
	p.state = channelAt(p.state, pos)
	p.ack = wire.Ack{
		ID: last.ID, ClientID: last.ClientID, Channel: p.cmd.channel, Seq: last.Seq,
		Shard: shard, Pos: pos, Timestamp: last.Timestamp,
	}
}

// channelAt is a state whose last event turned out to be at pos.
func channelAt(st *channel.State, pos uint64) *channel.State {
	at := *st
	at.Pos = pos
	return &at
}

// errStoredBefore says that JetStream knows the message id: an earlier try was stored, with another id and time than this
// one's. The view has them, or will.
var errStoredBefore = errors.New("jetstream: message id was stored before")

var errBatchSize = errors.New("jetstream: a batch was acked with another number of messages")

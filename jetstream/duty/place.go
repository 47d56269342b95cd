package duty

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"natterjack/jetstream/internal/api"
)

// storeTimeout bounds one read or write of a position.
const storeTimeout = 2 * time.Second

// record is a position as the stream has it.
type record struct {
	Epoch string `json:"epoch"` // of the log
	Pos   uint64 `json:"pos"`   // everything up to here is done
	Node  string `json:"node"`  // the node that has written it
	// Event is when the stream stored the event at Pos, as the stream says. With it one can tell
	// whether the stream still has the same event there. It is zero if that is not known.
	Event time.Time `json:"event,omitzero"`
}

// place is how far a duty is done in a shard. It belongs to one goroutine.
type place struct {
	conn    *nats.Conn
	subject string
	epoch   string
	node    string

	at     uint64    // everything up to here is done
	event  time.Time // when the log's stream stored the event there; zero if that is not known
	stored uint64    // the position in the stream, as far as this node knows
	begun  bool      // the stream has a position of this log
	// last is the sequence of the subject's last record. It is known only if sure: after a write
	// without an answer there may be a later one.
	last uint64
	sure bool
}

// load reads the stored position, and moves at up to it. Two nodes may do the same duty for a
// while. An event that either has done is done, so the higher position counts.
func (p *place) load(ctx context.Context) error {
	r, last, begun, err := p.read(ctx)
	if err != nil {
		return err
	}
	p.stored, p.last, p.begun, p.sure = r.Pos, last, begun, true
	p.pass(r.Pos, r.Event)
	return nil
}

// read reads the stored position and the sequence of its record. The position of another log means
// nothing here.
func (p *place) read(ctx context.Context) (r record, last uint64, begun bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, storeTimeout)
	defer cancel()
	msg, err := api.Last(ctx, p.conn, StreamName, p.subject)
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return r, 0, false, nil
	}
	if err != nil {
		return r, 0, false, fmt.Errorf("read the position: %w", err)
	}
	if err := json.Unmarshal(msg.Data, &r); err != nil || r.Epoch != p.epoch {
		return record{}, msg.Sequence, false, nil
	}
	return r, msg.Sequence, true, nil
}

// pass notes that everything up to pos is done, where the stream has an event of a certain time.
// Another node may have done more: that stays done.
func (p *place) pass(pos uint64, event time.Time) {
	if pos > p.at {
		p.at, p.event = pos, event
	}
}

// store writes the position, unless another node has written one that this node has not read. It
// then reads that position, and writes again only if its own is higher.
func (p *place) store(ctx context.Context) error {
	if !p.sure {
		if err := p.load(ctx); err != nil {
			return err
		}
	}
	err := p.write(ctx)
	if !api.Outrun(err) {
		return err
	}
	if err := p.load(ctx); err != nil || p.at == p.stored {
		return err
	}
	return p.write(ctx)
}

// reset moves the position to pos, and back if need be, also if another node writes meanwhile. The
// log has lost its end, so a higher position means nothing, whichever node has written it.
func (p *place) reset(ctx context.Context, pos uint64) error {
	for {
		if err := p.load(ctx); err != nil {
			return err
		}
		p.at, p.event = pos, time.Time{}
		if err := p.write(ctx); !api.Outrun(err) {
			return err
		}
	}
}

func (p *place) write(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, storeTimeout)
	defer cancel()
	body, err := json.Marshal(record{Epoch: p.epoch, Pos: p.at, Node: p.node, Event: p.event.UTC()})
	if err != nil {
		return fmt.Errorf("encode the position: %w", err)
	}
	p.sure = false
	seq, err := api.Replace(ctx, p.conn, p.subject, body, p.last)
	if err != nil {
		return fmt.Errorf("write the position: %w", err)
	}
	p.last, p.stored, p.begun, p.sure = seq, p.at, true, true
	return nil
}

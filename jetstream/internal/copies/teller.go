package copies

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"

	"github.com/nats-io/nats.go"
)

const (
	subject = "copies"
	// mostGone bounds the stretches of an answer, in bytes. A million erasures, one in ten
	// messages, take a dozen answers.
	mostGone  = 192 << 10
	mostBytes = 256 << 10 // of the records in an answer
	mostAsked = 256       // questions that may wait
	mostBad   = 8 << 10   // unreadable records in an answer
)

// Holder is a node's own server.
type Holder interface {
	// Held returns which messages the server has of a stream: those from first to last, except the
	// ones that were deleted.
	Held(stream string) (first, last uint64, gone []uint64, err error)
	// Stored reads one of those messages.
	Stored(stream string, pos uint64) (subject string, data []byte, err error)
}

// question asks which messages a copy lacks after a position. With Upto it asks for the records
// between the two positions.
type question struct {
	Stream string `json:"stream"`
	After  uint64 `json:"after"`
	Upto   uint64 `json:"upto,omitempty"`
}

// answer is the report of a node about its copy.
type answer struct {
	Node    string   `json:"node"`           // its server
	At      string   `json:"at"`             // the subject for requests for its records
	Upto    uint64   `json:"upto"`           // the position up to which the answer goes
	Gone    []byte   `json:"gone,omitempty"` // encoded stretches
	Records []Record `json:"records,omitempty"`
	Unread  []uint64 `json:"unread,omitempty"` // positions that it has and cannot read
}

// Record is a message of a stream.
type Record struct {
	Pos     uint64 `json:"pos"`
	Subject string `json:"subject"`
	Data    []byte `json:"data"`
}

// Teller answers questions about this node's copies.
type Teller struct {
	conn   *nats.Conn
	holder Holder
	node   string
	at     string
	log    *slog.Logger
	subs   []*nats.Subscription
}

// Tell answers other nodes until the teller is closed. Node is the name of this node's server.
// Id is a name that no other run of a node has.
func Tell(conn *nats.Conn, holder Holder, node, id string, log *slog.Logger) (*Teller, error) {
	t := &Teller{conn: conn, holder: holder, node: node, at: subject + "." + id, log: log}
	for _, name := range []string{subject, t.at} {
		sub, err := conn.Subscribe(name, t.serve)
		if err == nil {
			t.subs = append(t.subs, sub)
			err = sub.SetPendingLimits(mostAsked, -1)
		}
		if err != nil {
			return nil, errors.Join(fmt.Errorf("subscribe to %s: %w", name, err), t.Close())
		}
	}
	return t, nil
}

// Close stops the teller.
func (t *Teller) Close() error {
	var errs []error
	for _, sub := range t.subs {
		if err := sub.Unsubscribe(); !errors.Is(err, nats.ErrConnectionClosed) { // otherwise it has ended already
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// serve answers one question. A node without a copy does not answer.
func (t *Teller) serve(m *nats.Msg) {
	var q question
	if err := json.Unmarshal(m.Data, &q); err != nil {
		t.log.Warn("a question about this node's copies could not be decoded", "error", err)
		return
	}
	first, last, gone, err := t.holder.Held(q.Stream)
	if err != nil {
		return
	}
	a := answer{Node: t.node, At: t.at}
	if q.Upto == 0 {
		a.Gone, a.Upto = goneFrom(q.After, first, last, gone).encode(last, mostGone)
	} else {
		t.read(&a, &q, first, last, gone)
	}
	data, err := json.Marshal(a)
	if err == nil {
		err = m.Respond(data)
	}
	if err != nil {
		t.log.Warn("a question about this node's copies could not be answered", "stream", q.Stream, "error", err)
	}
}

// read gathers as many records as an answer has room for.
func (t *Teller) read(a *answer, q *question, first, last uint64, gone []uint64) {
	var failed []uint64
	size, upto := 0, min(q.Upto, last)
	for pos := max(q.After+1, first); pos <= upto; pos++ {
		if size >= mostBytes || len(failed) >= mostBad {
			upto = pos - 1
			break
		}
		if _, found := slices.BinarySearch(gone, pos); found {
			continue
		}
		subject, data, err := t.holder.Stored(q.Stream, pos)
		if err != nil {
			failed = append(failed, pos)
			continue
		}
		size += len(data)
		a.Records = append(a.Records, Record{Pos: pos, Subject: subject, Data: data})
	}
	a.Upto = upto
	if len(failed) > 0 {
		a.Unread = t.damaged(q.Stream, failed)
	}
}

// damaged returns the failed positions that have not been erased meanwhile.
func (t *Teller) damaged(stream string, failed []uint64) []uint64 {
	first, _, gone, err := t.holder.Held(stream)
	if err != nil {
		return failed
	}
	return slices.DeleteFunc(failed, func(pos uint64) bool {
		_, found := slices.BinarySearch(gone, pos)
		return found || pos < first
	})
}

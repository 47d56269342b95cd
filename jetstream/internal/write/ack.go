package write

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"natterjack/jetstream/internal/api"
	"natterjack/server/wire"
)

// pubAck is JetStream's answer to a publish.
type pubAck struct {
	Sequence  uint64              `json:"seq"`
	BatchSize int                 `json:"count"`
	Error     *jetstream.APIError `json:"error"`
	err       error
	broken    bool // the store could not write, for example for lack of space
}

// ackInbox receives the acks of one lane's publishes, on one subscription. PublishMsgAsync of
// nats.go would do the same with a goroutine and a future for each message.
type ackInbox struct {
	name   string
	prefix string
	sub    *nats.Subscription
	msgs   chan *nats.Msg
	round  uint64
}

func newAckInbox(conn *nats.Conn, name string) (*ackInbox, error) {
	in := &ackInbox{name: name, prefix: conn.NewInbox() + ".", msgs: make(chan *nats.Msg, 2*maxRound)}
	sub, err := conn.ChanSubscribe(in.prefix+"*.*", in.msgs)
	in.sub = sub
	return in, err
}

// ackRound identifies the acks of one round. Late acks of an earlier round are recognised by
// their round number and dropped.
type ackRound struct {
	in    *ackInbox
	token string
}

func (in *ackInbox) begin() ackRound {
	in.round++
	return ackRound{in: in, token: strconv.FormatUint(in.round, 36)}
}

// reply returns the subject to which the ack of the round's i-th publish goes.
func (r ackRound) reply(i int) string { return r.in.prefix + r.token + "." + strconv.Itoa(i) }

// index returns which publish the ack on a subject belongs to. The result is not ok if the ack
// is one of an earlier round.
func (r ackRound) index(subject string) (int, bool) {
	token, number, _ := strings.Cut(strings.TrimPrefix(subject, r.in.prefix), ".")
	i, err := strconv.Atoi(number)
	return i, err == nil && token == r.token && i >= 0
}

var errNoAck = errors.New("jetstream: no ack in time")

func parseAck(msg *nats.Msg) (a pubAck) {
	if msg.Header.Get("Status") == "503" {
		return pubAck{err: nats.ErrNoResponders}
	}
	if err := json.Unmarshal(msg.Data, &a); err != nil {
		return pubAck{err: fmt.Errorf("parse ack: %w", err)}
	}
	if a.Error != nil {
		a.err = a.Error
	} else if a.Sequence == 0 {
		a.err = errors.New("jetstream: the engine's ack has no sequence")
	}
	return refine(a)
}

// refine gives the errors that have an answer of their own that answer. All other errors mean:
// look at the stream again.
func refine(a pubAck) pubAck {
	if full, broken := api.Full(a.err); full {
		a.err, a.broken = StorageFull(), broken
	}
	return a
}

// final reports whether err is an answer for the sender rather than a reason to look again.
func final(err error) bool {
	_, ok := errors.AsType[*wire.Error](err)
	return ok
}

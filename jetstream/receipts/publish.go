package receipts

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

const (
	// batchFrom is how many writes make an atomic batch worth its fixed cost of about 1 ms.
	batchFrom = 16
	// atOnce is how many single writes are under way together.
	atOnce = 16
)

// Headers and codes of JetStream that nats.go has no names for (ADR-50, errors.json of nats-server).
const (
	batchIDHeader       = "Nats-Batch-Id"
	batchSequenceHeader = "Nats-Batch-Sequence"
	batchCommitHeader   = "Nats-Batch-Commit"

	errWrongLastSequence      jetstream.ErrorCode = 10071
	errWrongLastSequenceEarly jetstream.ErrorCode = 10164 // another write of the subject is on its way
)

// publisher is the stream of a shard.
type publisher struct {
	shard int
	conn  *nats.Conn
}

// put implements [stream]. A batch of which one write is in conflict is refused as a whole, and says not which: then each goes by itself.
func (p *publisher) put(ctx context.Context, writes []write) []result {
	if len(writes) >= batchFrom {
		last, err := p.batch(ctx, writes)
		if !errors.Is(err, errConflict) {
			return results(len(writes), last, err)
		}
	}
	return p.singles(ctx, writes)
}

// results are those of a batch: of messages with consecutive sequences, or of none.
func results(n int, last uint64, err error) []result {
	rs := make([]result, n)
	for i := range rs {
		if rs[i].err = err; err == nil {
			rs[i].rev = last - uint64(n-1-i)
		}
	}
	return rs
}

func (p *publisher) singles(ctx context.Context, writes []write) []result {
	rs := make([]result, len(writes))
	places := make(chan struct{}, atOnce)
	var wg sync.WaitGroup
	for i := range writes {
		places <- struct{}{}
		wg.Go(func() {
			defer func() { <-places }()
			rs[i].rev, rs[i].err = p.single(ctx, &writes[i])
		})
	}
	wg.Wait()
	return rs
}

func (p *publisher) single(ctx context.Context, w *write) (uint64, error) {
	msg, err := p.message(w)
	if err != nil {
		return 0, err
	}
	return p.request(ctx, msg, 0)
}

// batch stores all writes or none, with one fsync and one Raft proposal, and returns the sequence of the last.
func (p *publisher) batch(ctx context.Context, writes []write) (uint64, error) {
	id := nats.NewInbox()[len(nats.InboxPrefix):]
	for i := range writes {
		msg, err := p.message(&writes[i])
		if err != nil {
			return 0, err
		}
		msg.Header[batchIDHeader] = []string{id}
		msg.Header[batchSequenceHeader] = []string{strconv.Itoa(i + 1)}
		if i == len(writes)-1 {
			msg.Header[batchCommitHeader] = []string{"1"}
			return p.request(ctx, msg, len(writes))
		}
		if err := p.conn.PublishMsg(msg); err != nil {
			return 0, err
		}
	}
	return 0, nil
}

func (p *publisher) message(w *write) (*nats.Msg, error) {
	body, err := encode(w.Mark, time.Now().UnixMilli())
	if err != nil {
		return nil, fmt.Errorf("encode mark: %w", err)
	}
	return &nats.Msg{Subject: w.subject(p.shard), Data: body, Header: nats.Header{
		jetstream.ExpectedLastSubjSeqHeader: {strconv.FormatUint(w.after, 10)},
	}}, nil
}

// request publishes a message and waits for its ack, which is to be of a batch of that many.
func (p *publisher) request(ctx context.Context, msg *nats.Msg, count int) (uint64, error) {
	answer, err := p.conn.RequestMsgWithContext(ctx, msg)
	if err != nil {
		return 0, err
	}
	var ack struct {
		Sequence uint64              `json:"seq"`
		Count    int                 `json:"count"`
		Error    *jetstream.APIError `json:"error"`
	}
	err = json.Unmarshal(answer.Data, &ack)
	switch {
	case err != nil:
		return 0, fmt.Errorf("parse ack: %w", err)
	case ack.Error != nil && (ack.Error.ErrorCode == errWrongLastSequence || ack.Error.ErrorCode == errWrongLastSequenceEarly):
		return 0, errConflict
	case ack.Error != nil:
		return 0, ack.Error
	case ack.Sequence == 0 || ack.Count != count:
		return 0, fmt.Errorf("receipts: ack %s for a batch of %d", answer.Data, count)
	}
	return ack.Sequence, nil
}

// last implements [stream]. It asks the leader: a direct get may be answered by a replica that is behind.
func (p *publisher) last(ctx context.Context, k key) (Mark, uint64, error) {
	body, err := json.Marshal(map[string]string{"last_by_subj": k.subject(p.shard)})
	if err != nil {
		return Mark{}, 0, err
	}
	answer, err := p.conn.RequestWithContext(ctx, "$JS.API.STREAM.MSG.GET."+StreamName(p.shard), body)
	if err != nil {
		return Mark{}, 0, err
	}
	var got struct {
		Message struct {
			Sequence uint64 `json:"seq"`
			Data     []byte `json:"data"`
		} `json:"message"`
		Error *jetstream.APIError `json:"error"`
	}
	if err := json.Unmarshal(answer.Data, &got); err != nil {
		return Mark{}, 0, fmt.Errorf("parse message: %w", err)
	}
	if got.Error != nil {
		if got.Error.Code == http.StatusNotFound {
			return Mark{}, 0, nil
		}
		return Mark{}, 0, got.Error
	}
	m, err := decode(got.Message.Data)
	return m, got.Message.Sequence, err
}

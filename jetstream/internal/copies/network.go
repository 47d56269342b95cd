package copies

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// network reaches the other copies over NATS.
type network struct {
	conn   *nats.Conn
	js     jetstream.JetStream
	stream string
}

// others implements [copiesOf].
func (n *network) others(ctx context.Context, source string) (others, current int, err error) {
	ctx, cancel := context.WithTimeout(ctx, askTime)
	defer cancel()
	s, err := n.js.Stream(ctx, n.stream)
	if err != nil {
		return 0, 0, err
	}
	c := s.CachedInfo().Cluster
	if c == nil {
		return 0, 0, nil
	}
	if c.Leader == "" {
		return 0, 0, fmt.Errorf("stream %s has no leader", n.stream)
	}
	if c.Leader != source {
		others, current = 1, 1
	}
	for _, p := range c.Replicas {
		if p.Name != source {
			others++
			if p.Current && !p.Offline {
				current++
			}
		}
	}
	return others, current, nil
}

// poll implements [copiesOf].
func (n *network) poll(ctx context.Context, source string, pos uint64, enough int) (said []told, err error) {
	sub, err := n.conn.SubscribeSync(n.conn.NewRespInbox())
	if err != nil {
		return nil, err
	}
	defer func() { _ = sub.Unsubscribe() }() // the connection may be closed by now
	q, err := json.Marshal(question{Stream: n.stream, After: pos - 1})
	if err != nil {
		return nil, err
	}
	if err := n.conn.PublishRequest(subject, sub.Subject, q); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, askTime)
	defer cancel()
	for len(said) < enough {
		m, err := sub.NextMsgWithContext(ctx)
		if err != nil {
			return said, err
		}
		var a told
		if err := json.Unmarshal(m.Data, &a.answer); err != nil {
			return said, fmt.Errorf("an answer of another node: %w", err)
		}
		if a.gone, err = decode(a.Gone); err != nil {
			return said, fmt.Errorf("an answer of %s: %w", a.Node, err)
		}
		if a.Node != source && a.Upto >= pos {
			said = append(said, a)
		}
	}
	return said, nil
}

// records implements [copiesOf].
func (n *network) records(ctx context.Context, at string, s Stretch) (*answer, error) {
	q, err := json.Marshal(question{Stream: n.stream, After: s.First - 1, Upto: s.Last})
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, askTime)
	defer cancel()
	m, err := n.conn.RequestWithContext(ctx, at, q)
	if err != nil {
		return nil, err
	}
	a := new(answer)
	if err := json.Unmarshal(m.Data, a); err != nil {
		return nil, fmt.Errorf("records of another node: %w", err)
	}
	before := s.First - 1
	for i := range a.Records {
		if pos := a.Records[i].Pos; pos <= before || pos > s.Last {
			return nil, fmt.Errorf("records of %s do not ascend: %d after %d", a.Node, pos, before)
		}
		before = a.Records[i].Pos
	}
	if a.Upto < max(before, s.First) {
		return nil, fmt.Errorf("records of %s end at %d, before %d", a.Node, a.Upto, s.First)
	}
	return a, nil
}

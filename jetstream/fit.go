package jetstream

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// moveTimeout is how long the engine may take to move one lead, and half of what it may for all.
const moveTimeout = time.Second

// unfit is why this node should not lead, where another could; nil where it may.
func (l *Log) unfit() error {
	return errors.Join(l.Clock(), l.Room(), l.Rebuilt())
}

// leave hands what this node leads to one of some others, by their names. Where none can lead a shard it stays here.
func (l *Log) leave(ctx context.Context, others []string) {
	ctx, cancel := context.WithTimeout(ctx, 2*moveTimeout)
	defer cancel()
	for shard := range l.layout.shards {
		if !l.engine.LeadsStream(StreamName(shard)) {
			continue
		}
		if err := l.handOn(ctx, shard, others); err != nil {
			l.log.WarnContext(ctx, "nobody takes the lead over", "shard", shard, "error", err)
		} else {
			l.log.WarnContext(ctx, "handed the lead over", "shard", shard, "reason", l.unfit())
		}
	}
}

// handOn has one of some others lead a shard.
func (l *Log) handOn(ctx context.Context, shard int, others []string) error {
	errs := []error{errNobody}
	for i := range others {
		err := l.moveLead(ctx, shard, others[(shard+i)%len(others)])
		if err == nil {
			return nil
		}
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

var errNobody = errors.New("jetstream: there is no node that could lead")

// moveLead has another node lead a shard: any, where it is not named.
func (l *Log) moveLead(ctx context.Context, shard int, to string) error {
	ctx, cancel := context.WithTimeout(ctx, moveTimeout)
	defer cancel()
	var body []byte
	if to != "" {
		body = fmt.Appendf(nil, `{"placement":{"preferred":%q}}`, to)
	}
	msg, err := l.conn.RequestWithContext(ctx, "$JS.API.STREAM.LEADER.STEPDOWN."+StreamName(shard), body)
	if err != nil {
		return fmt.Errorf("move the lead of shard %d: %w", shard, err)
	}
	var answer struct {
		Error *struct{ Description string } `json:"error"`
	}
	if err := json.Unmarshal(msg.Data, &answer); err != nil {
		return fmt.Errorf("move the lead of shard %d: %w", shard, err)
	}
	if answer.Error != nil {
		return fmt.Errorf("move the lead of shard %d: %s", shard, answer.Error.Description)
	}
	return nil
}

package jetstream

import (
	"context"
	"errors"
	"fmt"
	"time"

	"natterjack/jetstream/internal/api"
)

// moveTimeout is how long the engine may take to move the lead of one shard. To move the leads
// of all shards it may take twice as long.
const moveTimeout = time.Second

// unfit returns the reason why this node should not lead while another node could, or nil if it
// may lead.
func (l *Log) unfit() error {
	return errors.Join(l.Clock(), l.Room(), l.Rebuilt())
}

// leave hands the shards that this node leads to some of the nodes named in others. A shard that no
// other node can lead stays here.
func (l *Log) leave(ctx context.Context, others []string) {
	ctx, cancel := context.WithTimeout(ctx, 2*moveTimeout)
	defer cancel()
	for shard := range l.layout.shards {
		if !l.engine.LeadsStream(StreamName(shard)) {
			continue
		}
		if err := l.handOn(ctx, shard, others); err != nil {
			l.log.WarnContext(ctx, "no other node takes over the lead", "shard", shard, "error", err)
		} else {
			l.log.WarnContext(ctx, "handed over the lead", "shard", shard, "reason", l.unfit())
		}
	}
}

// handOn makes one of the nodes in others lead a shard.
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

var errNobody = errors.New("jetstream: no other node is fit to lead")

// moveLead makes the node named to lead a shard.
func (l *Log) moveLead(ctx context.Context, shard int, to string) error {
	ctx, cancel := context.WithTimeout(ctx, moveTimeout)
	defer cancel()
	if err := api.StepDown(ctx, l.conn, StreamName(shard), to); err != nil {
		return fmt.Errorf("move the lead of shard %d: %w", shard, err)
	}
	return nil
}

// stepDown makes this node leave the lead of a shard to any other node, within [moveTimeout].
func (l *Log) stepDown(ctx context.Context, shard int) error {
	if !l.engine.Clustered() {
		return errNobody
	}
	ctx, cancel := context.WithTimeout(ctx, moveTimeout)
	defer cancel()
	return l.engine.StepDownStream(ctx, StreamName(shard))
}

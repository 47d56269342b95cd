package receipts

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

const (
	// cleanAbove is how large a stream may be whatever it holds.
	cleanAbove = 16 << 20
	// cleanEvery is between two looks at a stream's size.
	cleanEvery = 10 * time.Second
	// cleanTimeout bounds one step.
	cleanTimeout = 20 * time.Second
	// A step is that many records at most, or those with that many cursors.
	cleanRecords, cleanCursors = 256, 4 * maxRecord
)

// cleaner keeps a shard's stream at no more than about twice what its cursors take, where this node leads it. It stores anew what counts of
// the oldest records, together, and purges them. A record counts for a cursor until a later one says all that is known of it; the
// view knows which that is. So a node that was away finds everything in what is left, wherever it begins.
type cleaner struct {
	shard   int
	cfg     *Config
	stream  stream
	applied <-chan struct{} // a token: the view has got further
	log     *slog.Logger
	above   uint64
}

func (c *cleaner) run(ctx context.Context) {
	tick := time.NewTicker(cleanEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
		for more := true; more && ctx.Err() == nil; {
			var err error
			if more, err = c.step(ctx); err != nil && ctx.Err() == nil {
				c.log.WarnContext(ctx, "stream of receipts is not cleaned for now", "shard", c.shard, "error", err)
			}
		}
	}
}

// step cleans the oldest records where the stream is too large, and reports whether it has.
func (c *cleaner) step(ctx context.Context) (more bool, err error) {
	if !c.cfg.Leads(StreamName(c.shard)) {
		return false, nil
	}
	ctx, cancel := context.WithTimeout(ctx, cleanTimeout)
	defer cancel()
	s, err := c.cfg.JS.Stream(ctx, StreamName(c.shard))
	if err != nil {
		return false, err
	}
	state := s.CachedInfo().State
	if state.Bytes <= max(c.above, 2*uint64(c.cfg.View.ReceiptsSize(c.shard))) || state.Msgs < 2 {
		return false, nil
	}
	keys, upto, err := c.oldest(ctx, s, min(state.LastSeq, c.cfg.View.ReceiptsPosition(c.shard)))
	if err != nil || upto == 0 {
		return false, err
	}
	if err := c.keep(ctx, keys, upto); err != nil {
		return false, fmt.Errorf("store anew what counts up to record %d: %w", upto, err)
	}
	if err := s.Purge(ctx, jetstream.WithPurgeSequence(upto+1)); err != nil {
		return false, fmt.Errorf("purge up to record %d: %w", upto, err)
	}
	return true, nil
}

// oldest are the cursors of the oldest records before one, and the last of those records; 0 where there is none.
func (c *cleaner) oldest(ctx context.Context, s jetstream.Stream, before uint64) (keys []key, upto uint64, err error) {
	for range cleanRecords {
		m, err := s.GetMsg(ctx, upto+1, jetstream.WithGetMsgSubject(Subject(c.shard)))
		if errors.Is(err, jetstream.ErrMsgNotFound) || err == nil && m.Sequence >= before {
			break
		}
		if err != nil {
			return nil, 0, fmt.Errorf("read record after %d: %w", upto, err)
		}
		upto = m.Sequence
		moves, err := decode(c.cfg.Epoch, m.Data, upto)
		if err != nil {
			continue // nobody counts it
		}
		for i := range moves {
			keys = append(keys, key{moves[i].Channel, moves[i].User})
		}
		if len(keys) >= cleanCursors {
			break
		}
	}
	return keys, upto, nil
}

// keep stores those cursors anew that are said up to a record and not after it, until there is none.
func (c *cleaner) keep(ctx context.Context, keys []key, upto uint64) error {
	for {
		var writes []write
		seen := make(map[key]bool, len(keys))
		for _, k := range keys {
			if seen[k] {
				continue
			}
			seen[k] = true
			r, err := c.cfg.View.Receipt(k.channel, k.user)
			if err != nil {
				return err
			}
			if r.At != 0 && r.At <= upto {
				writes = append(writes, write{key: k, Mark: markOf(&r)})
			}
		}
		if len(writes) == 0 {
			return nil
		}
		var last uint64
		for some := range slices.Chunk(writes, maxRecord) {
			seq, err := c.stream.put(ctx, some)
			if err != nil {
				return err
			}
			last = seq
		}
		if err := c.await(ctx, last); err != nil {
			return err
		}
	}
}

// await waits until the view has a record.
func (c *cleaner) await(ctx context.Context, seq uint64) error {
	for c.cfg.View.ReceiptsPosition(c.shard) < seq {
		select {
		case <-c.applied:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

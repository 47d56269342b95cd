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
	// cleanAbove is the size up to which a stream is never cleaned.
	cleanAbove = 16 << 20
	// cleanEvery is the time between two checks of a stream's size.
	cleanEvery = 10 * time.Second
	// cleanTimeout bounds one step.
	cleanTimeout = 20 * time.Second
	// A step takes at most cleanRecords records. It ends earlier once it has cleanCursors
	// cursors.
	cleanRecords, cleanCursors = 256, 4 * maxRecord
)

// cleaner keeps a shard's stream at no more than about twice the size of its cursors, on the
// node that leads the stream. It stores again, together, those parts of the oldest records that
// still count, and then purges the records. A record counts for a cursor until a later record
// says all that is known of the cursor. The view knows which record that is. So a node that was
// away finds everything in the rest of the stream, wherever it begins to read.
type cleaner struct {
	shard   int
	cfg     *Config
	stream  stream
	applied <-chan struct{} // a token: the view has applied more records
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
				c.log.WarnContext(ctx, "the stream of receipts could not be cleaned, and is tried again", "shard", c.shard, "error", err)
			}
		}
	}
}

// step cleans the oldest records if the stream is too large, and reports whether it has done
// so.
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
		return false, fmt.Errorf("store the records that still count up to record %d again: %w", upto, err)
	}
	if err := s.Purge(ctx, jetstream.WithPurgeSequence(upto+1)); err != nil {
		return false, fmt.Errorf("purge up to record %d: %w", upto, err)
	}
	return true, nil
}

// oldest returns the cursors in the oldest records below sequence before, and the sequence of
// the last of those records. That is 0 if there are none.
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
			continue // no node counts such a record
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

// keep stores again the cursors whose last record is at upto or before it, until no such cursor
// is left.
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

// await waits until the view has applied a record.
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

package receipts

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"natterjack/jetstream/internal/ordered"
	"natterjack/jetstream/internal/pause"
	"natterjack/jetstream/internal/wake"
	"natterjack/jetstream/view"
)

// lookFor is the time between two tries while the disk is full.
const lookFor = time.Second

// follower reads a shard's stream into the view, starting from the view's position. It is less
// strict than the follower of the log: records may be missing from the stream, because the rest of
// the stream has everything that counts.
type follower struct {
	shard  int
	cfg    *Config
	memory *memory
	told   func([]rise)
	log    *slog.Logger
	// begun is called at least once, when it is known which records have to be checked.
	begun func()
	// level is called at least once, when everything is applied that was stored at the start.
	level   func()
	checks  chan struct{} // the checker's; poked if there is something to check
	applied chan struct{} // a token: the view has applied more records

	last uint64 // the last record of the stream when the present consumer was made
	read atomic.Uint64
}

// run follows until ctx ends.
func (f *follower) run(ctx context.Context) {
	r := ordered.Reader{
		JS: f.cfg.JS, Stream: StreamName(f.shard), Node: f.cfg.Node, Sink: f, Log: f.log,
		Begin: f.begin,
		Opened: func(_ string, pending uint64) {
			if pending == 0 || f.Position() >= f.last {
				f.isLevel()
			}
		},
	}
	r.Run(ctx)
}

// Position implements [ordered.Sink].
func (f *follower) Position() uint64 { return f.cfg.View.ReceiptsPosition(f.shard) }

// begin finds out which records have to be read and which have to be checked.
func (f *follower) begin(ctx context.Context) (err error) {
	if f.last, err = f.end(ctx); err != nil {
		return fmt.Errorf("look for the end of the stream: %w", err)
	}
	f.begun()
	return nil
}

// end asks for the last record of the stream. A view that is ahead of the stream has records that
// are gone. Such a view starts again from the first record, like a view that has none yet. Records
// that either then reads have to be checked.
func (f *follower) end(ctx context.Context) (last uint64, err error) {
	s, err := f.cfg.JS.Stream(ctx, StreamName(f.shard))
	if err != nil {
		return 0, err
	}
	last = s.CachedInfo().State.LastSeq
	at := f.Position()
	if last < at {
		reaches, err := f.cfg.Reaches(ctx, StreamName(f.shard), at)
		if reaches || err != nil {
			return at, err
		}
		f.log.ErrorContext(ctx, "the view is ahead of the stream of receipts, and reads it from the beginning", "shard", f.shard, "position", at)
	} else if at > 0 || last == 0 || f.toCheck() {
		return last, nil
	}
	end, err := f.cfg.End(ctx, f.shard) // after last: the message of a record was in the log
	if err == nil {
		err = f.cfg.View.ResetReceipts(f.shard, view.ReceiptsCheck{Record: last, Pos: end})
	}
	if err != nil {
		return 0, err
	}
	f.memory.forgetAll()
	return last, nil
}

// Take implements [ordered.Sink].
func (f *follower) Take(ctx context.Context, msgs []ordered.Message) error {
	f.read.Add(uint64(len(msgs)))
	var moves []view.ReceiptMove
	for i := range msgs {
		m := &msgs[i]
		said, err := decode(f.cfg.Epoch, m.Data, m.Seq)
		if err != nil { // not written by a node; it is skipped
			f.log.WarnContext(ctx, "a record of receipts cannot be read", "shard", f.shard, "sequence", m.Seq, "error", err)
		}
		if moves = append(moves, said...); len(moves) < maxRecord && i < len(msgs)-1 {
			continue
		}
		if err := f.apply(ctx, moves, m.Seq); err != nil {
			return err
		}
		moves = nil
	}
	if m := &msgs[len(msgs)-1]; m.Pending == 0 || m.Seq >= f.last {
		f.isLevel()
	}
	return nil
}

// apply has the view take in moves, and retries while the disk is full. It then reports the
// cursors that have risen.
func (f *follower) apply(ctx context.Context, moves []view.ReceiptMove, upto uint64) error {
	for {
		var risen []rise
		f.memory.step()
		err := f.cfg.View.ApplyReceipts(f.shard, moves, upto, func(m []view.ReceiptMoved) { risen = f.memory.take(m) })
		f.memory.step()
		if err == nil {
			wake.Up(f.applied)
			f.told(risen)
			return nil
		}
		if !errors.Is(err, view.ErrDiskFull) {
			return err
		}
		if pause.For(ctx, lookFor) != nil {
			return ctx.Err()
		}
	}
}

func (f *follower) isLevel() {
	f.level()
	if f.toCheck() {
		wake.Up(f.checks)
	}
}

func (f *follower) toCheck() bool { return f.cfg.View.ReceiptsToCheck(f.shard) != view.ReceiptsCheck{} }

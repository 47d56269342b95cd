package receipts

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"time"

	"natterjack/server/wire"
)

const (
	// pause is between two rounds of writes of a shard, and so between two writes of a cursor by one node.
	pause = 500 * time.Millisecond
	// commitTimeout bounds a round, and with it what a stop waits for.
	commitTimeout = 2 * time.Second
	// maxAccepted bounds what waits in a shard to be written while its stream takes no writes: some 2 MB.
	maxAccepted = 1 << 14
	// maxBatch is how many cursors are written together at most; the engine's own limit is 1,000.
	maxBatch = 500
)

// stream is where a shard's cursors are kept.
type stream interface {
	// put stores each mark unless its cursor has moved since the sequence that the write expects. A conflict is [errConflict].
	put(ctx context.Context, writes []write) []result
	// last is what the stream's leader has of a cursor; both are zero where it has nothing.
	last(ctx context.Context, k key) (Mark, uint64, error)
}

type write struct {
	key
	Mark
	after uint64 // the sequence of the cursor's last value; 0 where there is none
}

type result struct {
	rev uint64
	err error
}

var errConflict = errors.New("receipts: the cursor has moved meanwhile")

// writer stores what users say of a shard's channels. It has one goroutine, in run.
type writer struct {
	shard  int
	table  *table
	stream stream
	stored func(key, Mark, uint64)
	log    *slog.Logger
	pause  time.Duration
	due    chan struct{} // a token where there is something to write
	failed bool          // so did the last write; owned by run

	mu       sync.Mutex   // protects following
	accepted map[key]Mark // and not stored yet
}

func newWriter(shard int, t *table, s stream, stored func(key, Mark, uint64), log *slog.Logger) *writer {
	return &writer{shard: shard, table: t, stream: s, stored: stored, log: log, pause: pause, due: make(chan struct{}, 1), accepted: map[key]Mark{}}
}

// accept takes in what a user says, and returns his cursor before and after.
func (w *writer) accept(k key, m Mark) (before, after Mark, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	waiting, waits := w.accepted[k]
	stored, _ := w.table.get(k)
	before = stored.merge(waiting)
	after = before.merge(m)
	if after == before {
		return before, after, nil
	}
	if !waits && len(w.accepted) >= maxAccepted {
		return before, before, wire.Errorf(wire.CodeUnavailable, "receipts cannot be stored at the moment; retry").After(pause)
	}
	w.accepted[k] = after
	w.poke()
	return before, after, nil
}

// waiting is what was accepted of a cursor and is not stored yet.
func (w *writer) waiting(k key) Mark {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.accepted[k]
}

// settle forgets what was accepted where the stream has it by now, whoever has written it.
func (w *writer) settle(k key, m Mark) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if waiting, waits := w.accepted[k]; waits && m.covers(waiting) {
		delete(w.accepted, k)
	}
}

// poke leaves a token in due.
func (w *writer) poke() {
	select {
	case w.due <- struct{}{}:
	default:
	}
}

// run writes until ctx ends, and then once more. A round that failed is tried again after the pause.
func (w *writer) run(ctx context.Context) {
	defer func() { w.commit(context.WithoutCancel(ctx)) }()
	for {
		select {
		case <-w.due:
			w.commit(ctx)
		case <-ctx.Done():
			return
		}
		select {
		case <-time.After(w.pause):
		case <-ctx.Done():
			return
		}
	}
}

// commit writes what is accepted.
func (w *writer) commit(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, commitTimeout)
	defer cancel()
	for some := range slices.Chunk(w.writes(), maxBatch) {
		results := w.stream.put(ctx, some)
		for i := range some {
			w.finish(ctx, &some[i], results[i])
		}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.accepted) > 0 {
		w.poke()
	}
}

// writes are what has to be written of what is accepted: merged into what is known to be stored.
func (w *writer) writes() []write {
	w.mu.Lock()
	defer w.mu.Unlock()
	all := make([]write, 0, len(w.accepted))
	for k, m := range w.accepted {
		stored, rev := w.table.get(k)
		all = append(all, write{key: k, Mark: stored.merge(m), after: rev})
	}
	return all
}

// finish takes in what became of a write. One that failed stays accepted.
func (w *writer) finish(ctx context.Context, put *write, r result) {
	switch {
	case r.err == nil:
		w.failed = false
		w.stored(put.key, put.Mark, r.rev)
	case errors.Is(r.err, errConflict):
		w.refresh(ctx, put.key)
	case !w.failed && ctx.Err() == nil: // said once
		w.failed = true
		w.log.WarnContext(ctx, "receipts cannot be stored and are tried again", "shard", w.shard, "error", r.err)
	}
}

// refresh learns what is stored from the stream's leader. The follower would tell as well, but not of a value that an operator has purged.
func (w *writer) refresh(ctx context.Context, k key) {
	m, rev, err := w.stream.last(ctx, k)
	if err != nil {
		w.log.DebugContext(ctx, "receipt not read", "shard", w.shard, "error", err)
		return
	}
	w.stored(k, m, rev)
	w.table.reset(k, rev)
}

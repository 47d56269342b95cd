package receipts

import (
	"context"
	"log/slog"
	"slices"
	"sync"
	"time"

	"natterjack/jetstream/internal/wake"
	"natterjack/server/wire"
)

const (
	// writePause is the pause between two records of a shard from one node. Records of one
	// round have no pause.
	writePause = 250 * time.Millisecond
	// commitTimeout bounds a round, and with it how long a stop waits.
	commitTimeout = 2 * time.Second
	// maxRecord is the highest number of cursors in a record: some 40 KB.
	maxRecord = 500
	// bearFor is how long a stream may take no writes, as in an election, before new moves are
	// refused.
	bearFor = 8 * time.Second
)

// stream is where a shard's cursors are stored.
type stream interface {
	put(ctx context.Context, writes []write) (seq uint64, err error)
}

// writer stores the moves of a shard's cursors. It has one goroutine, in run.
type writer struct {
	shard  int
	memory *memory
	stream stream
	room   func() error
	log    *slog.Logger
	pause  time.Duration
	due    chan struct{} // a token if there is something to write

	mu     sync.Mutex // guards the fields below
	failed error      // why the last round failed, or nil
	since  time.Time  // start of the first of the failed rounds in a row
}

func newWriter(shard int, m *memory, s stream, room func() error, log *slog.Logger) *writer {
	return &writer{shard: shard, memory: m, stream: s, room: room, log: log, pause: writePause, due: make(chan struct{}, 1)}
}

// accept takes in a move, and returns the user's cursor before and after.
func (w *writer) accept(k key, m Mark) (before, after Mark, err error) {
	before, after, err = w.memory.accept(k, m, w.refusal())
	if after != before {
		wake.Up(w.due)
	}
	return before, after, err
}

// refusal returns the reason why nothing can be accepted at the moment, or nil: the store is
// full, or the stream has taken no writes for long.
func (w *writer) refusal() error {
	if err := w.room(); err != nil {
		return err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.failed == nil {
		return nil
	}
	if e := wire.AsError(w.failed, 0); e.Code == wire.CodeStorageFull {
		return e
	}
	if time.Since(w.since) < bearFor {
		return nil
	}
	return wire.Errorf(wire.CodeUnavailable, "receipts cannot be stored at the moment; retry").After(time.Second)
}

// run writes until ctx ends, and then once more. A round that failed is tried again after the
// pause.
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

// commit writes the moves that are due. If moves still wait afterwards, even if only for the
// view, it schedules another round.
func (w *writer) commit(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, commitTimeout)
	defer cancel()
	began := time.Now()
	var err error
	for some := range slices.Chunk(w.memory.due(began), maxRecord) {
		if _, err = w.stream.put(ctx, some); err != nil {
			break
		}
		w.memory.sent(some, time.Now())
	}
	w.note(ctx, began, err)
	if w.memory.waiting() {
		wake.Up(w.due)
	}
}

// note stores why a round failed, and logs the first failure in a row.
func (w *writer) note(ctx context.Context, began time.Time, err error) {
	w.mu.Lock()
	first := w.failed == nil && err != nil
	w.failed = err
	if first {
		w.since = began
	}
	w.mu.Unlock()
	if first {
		w.log.WarnContext(ctx, "receipts could not be stored, and are tried again", "shard", w.shard, "error", err)
	}
}

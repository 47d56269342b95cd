package receipts

import (
	"context"
	"log/slog"
	"slices"
	"sync"
	"time"

	"natterjack/server/wire"
)

const (
	// writePause is between two records of a shard by one node, but for those of one round.
	writePause = 250 * time.Millisecond
	// commitTimeout bounds a round, and with it what a stop waits for.
	commitTimeout = 2 * time.Second
	// maxRecord is how many cursors a record has at most: some 40 KB.
	maxRecord = 500
	// bearFor is how long a stream may take no writes, as in an election, before what is said is refused.
	bearFor = 8 * time.Second
)

// stream is where a shard's cursors are kept.
type stream interface {
	put(ctx context.Context, writes []write) (seq uint64, err error)
}

// writer stores what users say of a shard's channels. It has one goroutine, in run.
type writer struct {
	shard  int
	memory *memory
	stream stream
	room   func() error
	log    *slog.Logger
	pause  time.Duration
	due    chan struct{} // a token where there is something to write

	mu     sync.Mutex // protects following
	failed error      // why the last round failed, or nil
	since  time.Time  // when the first of those that failed in a row began
}

func newWriter(shard int, m *memory, s stream, room func() error, log *slog.Logger) *writer {
	return &writer{shard: shard, memory: m, stream: s, room: room, log: log, pause: writePause, due: make(chan struct{}, 1)}
}

// accept takes in what a user says, and returns his cursor before and after.
func (w *writer) accept(k key, m Mark) (before, after Mark, err error) {
	before, after, err = w.memory.accept(k, m, w.refusal())
	if after != before {
		poke(w.due)
	}
	return before, after, err
}

// refusal is why nothing can be promised at the moment, or nil: the store is full, or the stream has taken no writes for long.
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

// poke leaves a token in a channel of one, where there is none yet.
func poke(c chan struct{}) {
	select {
	case c <- struct{}{}:
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

// commit writes what was said. What waits after that, be it for the view alone, is looked at again.
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
		poke(w.due)
	}
}

// note keeps why a round failed, and says so once.
func (w *writer) note(ctx context.Context, began time.Time, err error) {
	w.mu.Lock()
	first := w.failed == nil && err != nil
	w.failed = err
	if first {
		w.since = began
	}
	w.mu.Unlock()
	if first {
		w.log.WarnContext(ctx, "receipts cannot be stored and are tried again", "shard", w.shard, "error", err)
	}
}

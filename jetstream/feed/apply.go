package feed

import (
	"context"
	"time"

	"natterjack/jetstream/internal/crashpoint"
	"natterjack/jetstream/internal/pause"
	"natterjack/server/wire"
)

const (
	// applyEvery is the shortest time between the beginnings of two batches, unless one is full.
	applyEvery = 100 * time.Millisecond
	// passEvery is the same for positions without events. To pass over events again costs little.
	passEvery = 10 * time.Second
	// firstPause and mostPause are the shortest and the longest pause before a failed batch is
	// tried again.
	firstPause = 100 * time.Millisecond
	mostPause  = 10 * time.Second
	// lastTimeout is how long the last batch may take when the feed is told to stop.
	lastTimeout = 5 * time.Second
)

// apply has batches applied until nothing will be added any more. Then it applies the rest, if that
// can be done at once. After a batch that the sink has not taken none may follow: its positions
// would say that the sink has the events before it.
func (f *Feed) apply(ctx context.Context) {
	var began time.Time
	for f.gather(began) {
		began = time.Now()
		events, upto := f.batch.take()
		if !f.put(ctx, events, upto) {
			return
		}
	}
}

// gather waits until there is a batch that should be applied. It returns false if there is none and
// will be none.
func (f *Feed) gather(began time.Time) bool {
	for {
		full, some := f.batch.state()
		wait := passEvery
		if some {
			wait = applyEvery
		}
		due := time.Until(began.Add(wait))
		if full || some && due <= 0 {
			return true
		}
		timer := time.NewTimer(max(due, 0))
		select {
		case <-f.batch.ready:
			timer.Stop()
		case <-timer.C:
			if f.batch.waits() {
				return true
			}
			began = time.Now()
		case <-f.batch.closed:
			timer.Stop()
			return f.batch.waits()
		}
	}
}

// put has a batch applied. It tries until that succeeds, or until ctx ends and the last try fails.
// It reports whether the sink has the batch.
func (f *Feed) put(ctx context.Context, events []wire.Event, upto map[int]Upto) bool {
	for wait := firstPause; ; wait = min(2*wait, mostPause) {
		err := f.try(ctx, events, upto)
		if err == nil {
			for shard, at := range upto {
				f.shards[shard].applied.Store(at.Pos)
			}
			return true
		}
		if ctx.Err() != nil {
			f.slog.DebugContext(ctx, "the last events were not applied; they come again at the next start", "error", err)
			return false
		}
		f.slog.WarnContext(ctx, "a feed fails, waits, and is tried again", "events", len(events), "error", err)
		_ = pause.For(ctx, wait) // the loop checks ctx
	}
}

// try has a batch applied once. When the feed is told to stop, the batch under way is still stored.
func (f *Feed) try(ctx context.Context, events []wire.Event, upto map[int]Upto) error {
	last, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	stop := context.AfterFunc(ctx, func() { time.AfterFunc(lastTimeout, cancel) })
	defer stop()
	if len(events) > 0 {
		crashpoint.Reach(crashpoint.FeedTaken)
	}
	err := f.cfg.Sink.Apply(last, events, upto)
	if len(events) > 0 && err == nil {
		crashpoint.Reach(crashpoint.FeedApplied)
	}
	return err
}

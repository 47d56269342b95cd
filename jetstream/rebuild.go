package jetstream

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// farBehind is how many events a view may be behind its shard for this node to lead the
	// shard. It is a few seconds of the shard at its fastest.
	farBehind = 50_000
	// rebuildTells is the interval between two log lines about the progress of a rebuild.
	rebuildTells = 10 * time.Second
	// openSlow is how long a view may take to open before this node hands over its leads. It
	// hands over again at the same interval.
	openSlow = 3 * time.Second
)

// rebuild watches whether the view is far behind the log: because it is being rebuilt, or because
// the node was away for long.
type rebuild struct {
	most uint64 // events; a view that is further behind is far behind
	far  atomic.Pointer[error]

	began, told time.Time // owned by watchLevel
	first       uint64    // events that the view had when it was found far behind
}

// Rebuilt returns an error if the view is so far behind the log that this node leaves the lead
// to others. Its writer would wait for the view, and so would every sender.
func (l *Log) Rebuilt() error {
	if err := l.rebuild.far.Load(); err != nil {
		return *err
	}
	return nil
}

// look logs from time to time how far the view is, over all shards.
func (r *rebuild) look(ctx context.Context, l *Log, st *standing, at []uint64) {
	var have, want uint64
	far := false
	for shard := range st.shards {
		p := &st.shards[shard]
		end := max(at[shard], p.asked)
		have, want = have+at[shard], want+end
		far = far || end-at[shard] > r.most
	}
	switch now := time.Now(); {
	case !far:
		if r.far.Swap(nil) != nil {
			l.log.InfoContext(ctx, "the view has caught up with the log", "took", now.Sub(r.began).Round(time.Millisecond))
		}
	case r.far.Load() == nil:
		err := fmt.Errorf("jetstream: the view is %d events behind the log", want-have)
		r.far.Store(&err)
		r.began, r.told, r.first = now, now, have
		l.log.WarnContext(ctx, "the view is far behind the log", "events", want-have)
	case now.Sub(r.told) >= rebuildTells:
		r.told = now
		l.log.InfoContext(ctx, "the view is catching up with the log",
			"share", fmt.Sprintf("%.1f%%", 100*float64(have)/float64(want)), "events_left", want-have,
			"events_per_s", int(float64(have-r.first)/now.Sub(r.began).Seconds()))
	}
}

// yield hands over every shard that this node leads, if another node can lead it, until stop is
// called. While a view takes long to open, its node has no writer.
func (l *Log) yield(ctx context.Context) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	var wg sync.WaitGroup
	wg.Go(func() {
		tick := time.NewTicker(openSlow)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
			for shard := range l.layout.shards {
				if !l.engine.LeadsStream(StreamName(shard)) {
					continue
				}
				if err := l.stepDown(ctx, shard); err != nil && ctx.Err() == nil {
					l.log.WarnContext(ctx, "no other node takes over the lead while the view is opened", "shard", shard, "error", err)
				}
			}
		}
	})
	return func() {
		cancel()
		wg.Wait()
	}
}

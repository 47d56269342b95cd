package removal

import (
	"context"
	"log/slog"
	"time"
)

// forgetEvery is how often a node forgets the files that events have dropped.
const forgetEvery = time.Minute

// forgets has a node's view forget the files that events have dropped, once these are in jobs. The
// view of every node has noted them, because every node may have to do the duty.
type forgets struct {
	log    Log
	stored func(ctx context.Context, shard int) (pos uint64, err error) // up to where the duty is done
	logger *slog.Logger
}

// run forgets until ctx ends.
func (f *forgets) run(ctx context.Context) {
	tick := time.NewTicker(forgetEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
		for shard := range f.log.Shards() {
			pos, err := f.stored(ctx, shard)
			if err == nil && pos > 0 {
				err = f.log.DroppedDone(shard, pos)
			}
			if err != nil && ctx.Err() == nil {
				f.logger.DebugContext(ctx, "the list of removed files could not be shortened yet, and is tried again", "shard", shard, "error", err)
			}
		}
	}
}

package jetstream

import (
	"context"
	"time"
)

// datesEvery is how often the view compares the times of its events with this node's clock.
const datesEvery = time.Second

// watchDates has the view notice that this node's clock was set back, until ctx ends.
func (l *Log) watchDates(ctx context.Context) {
	tick := time.NewTicker(datesEvery)
	defer tick.Stop()
	for {
		if err := l.view.CheckDates(); err != nil && ctx.Err() == nil {
			l.log.WarnContext(ctx, "events dated ahead of the clock could not be noted", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// dated returns the function by which the rules of a channel learn of dates that were ahead.
func (l *Log) dated(channel string) func(pos uint64, at int64) int64 {
	return func(pos uint64, at int64) int64 { return l.view.Dated(channel, pos, at) }
}

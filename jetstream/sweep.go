package jetstream

import (
	"context"
	"time"
)

// sweepEvery is how much later than its time a command that waits in a lane may be answered.
const sweepEvery = 100 * time.Millisecond

// sweep answers commands that have run out of time while they waited, until ctx ends. The lane itself answers those of the round at
// hand, and does not look at its queue before that is settled: a round takes in what comes later to channels that are free, has more time
// than what was left waiting then, and may use it up where the engine hangs.
func (l *lane) sweep(ctx context.Context) {
	tick := time.NewTicker(sweepEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			l.turns.tick(time.Now())
			answerAll(l.overdue(time.Now()), func(c *command) error { return c.overdue() })
		}
	}
}

// overdue takes those out of the queue whose time is up. They came in the order in which it is.
func (l *lane) overdue(now time.Time) []*command {
	l.mu.Lock()
	defer l.mu.Unlock()
	n := 0
	for n < len(l.queue) && now.After(l.queue[n].deadline) {
		n++
	}
	if n == 0 {
		return nil
	}
	over := append([]*command(nil), l.queue[:n]...)
	clear(l.queue[:n])
	l.queue = l.queue[n:]
	for _, c := range over { // before a round can be taken of those behind them
		c.turns.answered(c, c.overdue())
	}
	return over
}

package write

import (
	"context"
	"time"
)

// sweepEvery bounds how long after its deadline a command that waits in a lane is answered.
const sweepEvery = 100 * time.Millisecond

// sweep answers commands whose time runs out while they wait, until ctx ends. The lane itself
// answers the commands of the current round, and does not look at its queue until the round is
// settled. A round also takes in later commands to channels that are free. Those have more time
// left than the commands that still wait, and the round may use that time up if the engine
// hangs.
func (l *lane) sweep(ctx context.Context) {
	tick := time.NewTicker(sweepEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			l.turns.tick(time.Now())
			answerAll(l.overdue(time.Now()), func(c *Command) error { return c.overdue() })
		}
	}
}

// overdue removes the commands whose deadline has passed from the queue and returns them. The
// queue is in the order of the deadlines.
func (l *lane) overdue(now time.Time) []*Command {
	l.mu.Lock()
	defer l.mu.Unlock()
	n := 0
	for n < len(l.queue) && now.After(l.queue[n].deadline) {
		n++
	}
	if n == 0 {
		return nil
	}
	over := append([]*Command(nil), l.queue[:n]...)
	clear(l.queue[:n])
	l.queue = l.queue[n:]
	for _, c := range over { // before a round can take those behind them
		c.turns.answered(c, c.overdue())
	}
	return over
}

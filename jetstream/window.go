package jetstream

import (
	"cmp"
	"context"
	"slices"
	"time"

	"natterjack/jetstream/internal/crashpoint"
)

// windowTime is how long a window takes in new commands. Its end is when the lane looks again at who leads, and at
// commands that have run out of time.
const windowTime = 250 * time.Millisecond

// window is a round of single messages, each to a channel of its own: two to one channel cannot be in flight together, for the
// compare-and-set of the second would need the pos of the first. Each sender is answered when its own ack comes, and its place is
// given to the next who waits; so where few send, nobody waits for anybody. Once as many wait as a batch is worth, it takes
// in no more, and the lane's next round is that batch.
type window struct {
	*writer
	round ackRound
	plans []*plan         // as sent; nil where concluded
	open  int             // in flight
	busy  map[string]bool // channels with a message in flight, or with one that must come before what waits
	rest  []*command
}

// publishWindow publishes plans that are one message each, concludes them and what joins them, and returns what has to
// be tried again.
func (w *writer) publishWindow(ctx context.Context, plans []*plan) []*command {
	win := &window{writer: w, round: w.stream.acks.begin(), busy: map[string]bool{}}
	win.sendAll(plans)
	crashpoint.Reach(crashpoint.Published)
	for until := time.Now().Add(windowTime); win.open > 0; {
		i, ack, ok := win.round.receive(ctx, ackTimeout)
		if !ok {
			break
		}
		crashpoint.Reach(crashpoint.Acked)
		if i < len(win.plans) && win.plans[i] != nil {
			win.settle(i, ack)
		}
		if w.trusted && time.Now().Before(until) {
			win.sendAll(w.decide(w.waiters(batchFrom-1-win.open, win.busy)))
		}
	}
	for _, p := range win.plans {
		if p != nil {
			p.err = errNoAck
			win.rest = append(win.rest, w.conclude([]*plan{p})...)
		}
	}
	slices.SortFunc(win.rest, func(a, b *command) int { return cmp.Compare(a.order, b.order) })
	return win.rest
}

// sendAll publishes what can go now and leaves the rest to the next round, each channel in order.
func (win *window) sendAll(plans []*plan) {
	for _, p := range plans {
		if win.busy[p.cmd.channel] || len(p.events) > 1 {
			win.busy[p.cmd.channel] = true
			win.rest = append(append(win.rest, p.cmd), p.again...)
			continue
		}
		win.busy[p.cmd.channel] = true
		win.send(p)
	}
}

func (win *window) send(p *plan) {
	p.cmd.tried = true
	msgs, err := win.messages([]*plan{p})
	if err == nil {
		msgs[0].Reply = win.round.reply(len(win.plans))
		err = win.stream.conn.PublishMsg(msgs[0])
	}
	if err != nil {
		p.err = err
		win.rest = append(win.rest, win.conclude([]*plan{p})...)
		return
	}
	win.plans = append(win.plans, p)
	win.open++
}

// settle concludes the plan whose ack has come. Where that failed, its channel stays busy: nothing may overtake it.
func (win *window) settle(i int, a pubAck) {
	p := win.plans[i]
	win.plans[i] = nil
	win.open--
	if p.err = a.err; p.err == nil && a.Duplicate {
		p.err = errStoredBefore
	}
	if p.err == nil {
		p.stored(win.shard, a.Sequence)
		delete(win.busy, p.cmd.channel)
	}
	win.rest = append(win.rest, win.conclude([]*plan{p})...)
}

package write

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"github.com/nats-io/nats.go"

	"natterjack/jetstream/internal/crashpoint"
)

// windowTime is how long a window takes in new commands. After it the lane checks again who
// leads, and which commands have run out of time.
const windowTime = time.Second

// source is where a window takes commands from.
type source interface {
	waiting() int
	takeFree(n int, busy map[string]bool) []*Command // up to n, to channels that are not busy, each channel in order
	want(n int) (wake <-chan struct{})               // wake has a token once n or more wait
}

// window publishes without a pause. A command that JetStream acks is answered, and makes room for
// the next commands that wait. Commands that it acks together are a flight. Where few commands
// wait, a flight is a single message, so that no command waits for another one. Where many wait, it
// is an atomic batch (ADR-50), which takes one fsync and one Raft proposal.
//
// Two flights to one channel are never out together: the second would be decided on events that
// may not count in the end. While a batch is out nothing else is sent. Two batches at a time
// were measured: each was half as large, for the same cost.
type window struct {
	*writer
	round   ackRound
	until   time.Time // when it stops taking in commands
	flights []flight  // in the order of sending; without plans once concluded
	settled int       // index of the flight whose ack should come next
	open    int       // flights that are out
	batch   bool      // one of them is a batch
	// busy has the channels with a message out, and those with a command in rest, which must
	// come before the commands that wait.
	busy map[string]bool
	rest []*Command

	// After a batch its senders send again, one by one, but soon. Until linger, or until enough
	// of them have, their commands are held back. If they were sent one by one, the next batch
	// would be small, and those after it too.
	linger time.Time
	enough int
}

type flight struct {
	plans []*plan
	msgs  int
	sent  time.Time
}

// publish stores plans, and the commands that arrive meanwhile. It answers their senders, and
// returns the commands that have to be tried again.
func (w *writer) publish(ctx context.Context, plans []*plan) []*Command {
	now := time.Now()
	win := &window{writer: w, round: w.publisher.acks.begin(), until: now.Add(windowTime), busy: map[string]bool{}}
	if end, ok := ctx.Deadline(); ok && end.Add(-ackTimeout).Before(win.until) {
		win.until = end.Add(-ackTimeout) // publishes must have time to be acked
	}
	win.send(plans)
	win.fly(ctx)
	w.source.want(0)
	for i := range win.flights {
		win.fail(&win.flights[i], errNoAck)
	}
	slices.SortFunc(win.rest, func(a, b *Command) int { return cmp.Compare(a.order, b.order) })
	return win.rest
}

// fly returns once no flight is out, or no ack comes.
func (win *window) fly(ctx context.Context) {
	timer := time.NewTimer(ackTimeout)
	defer timer.Stop()
	for heard := time.Now(); ; {
		wake, wait := win.admit(ctx)
		if win.open == 0 && wait == 0 {
			return
		}
		if win.open > 0 {
			if left := time.Until(heard.Add(ackTimeout)); wait == 0 || left < wait {
				wait = max(left, 0)
			}
		}
		timer.Reset(wait)
		select {
		case msg := <-win.round.in.msgs:
			if i, ok := win.round.index(msg.Subject); ok && i < len(win.flights) {
				heard = time.Now()
				win.settle(ctx, i, parseAck(msg))
			}
		case <-wake:
		case <-timer.C:
			if win.open > 0 && time.Since(heard) >= ackTimeout {
				return
			}
		case <-ctx.Done():
			return
		}
		if win.open == 0 {
			heard = time.Now()
		}
	}
}

// admit sends the waiting commands that may go now. The caller asks again when wake has a token,
// and also once wait has passed, unless it is 0.
func (win *window) admit(ctx context.Context) (wake <-chan struct{}, wait time.Duration) {
	now := time.Now()
	if !win.trusted || !now.Before(win.until) {
		return nil, 0
	}
	switch waiting := win.source.waiting(); {
	case win.batch:
	case waiting < win.enough && now.Before(win.linger):
		return win.source.want(win.enough), win.linger.Sub(now)
	case waiting >= win.publisher.from:
		win.take(ctx, maxRound)
	default:
		win.take(ctx, win.publisher.from-1-win.open)
	}
	return win.wake(), 0
}

// wake returns a channel that has a token when a command may go that could not go before. It is
// nil if nothing may go before an ack comes. The commands that wait at the time of the call are
// to busy channels, or there is no room for them.
func (win *window) wake() <-chan struct{} {
	waiting := win.source.waiting()
	switch {
	case win.batch:
		return nil
	case waiting >= win.publisher.from:
		return win.source.want(waiting + win.publisher.from) // a look at a long queue is not for each who joins it
	case win.open >= win.publisher.from-1:
		return win.source.want(win.publisher.from)
	default:
		return win.source.want(waiting + 1)
	}
}

// take sends up to n waiting commands.
func (win *window) take(ctx context.Context, n int) {
	if n <= 0 {
		return
	}
	if cmds := win.source.takeFree(n, win.busy); len(cmds) > 0 {
		win.ahead.forget(win.cfg.View.Position(win.shard))
		win.send(win.decide(ctx, cmds))
	}
}

// send publishes plans, none of which is to a busy channel. It publishes them together if they
// are many or depend on each other, and otherwise singly.
func (win *window) send(plans []*plan) {
	n, apart := 0, true
	for _, p := range plans {
		n += len(p.events)
		apart = apart && p.first && len(p.events) == 1
	}
	if !apart || n >= win.publisher.from {
		win.launch(plans, n)
		return
	}
	for i := range plans {
		win.launch(plans[i:i+1], 1)
	}
}

// launch publishes plans as one flight.
func (win *window) launch(plans []*plan, n int) {
	msgs := make([]*nats.Msg, 0, n)
	for _, p := range plans {
		win.busy[p.cmd.channel] = true
		subject := win.cfg.Subject(p.cmd.channel)
		for _, body := range p.bodies {
			msgs = append(msgs, &nats.Msg{Subject: subject, Data: body})
		}
	}
	err := win.publisher.publish(msgs, win.round.reply(len(win.flights)))
	crashpoint.Reach(crashpoint.Published)
	win.flights = append(win.flights, flight{plans: plans, msgs: n, sent: time.Now()})
	win.open++
	win.batch = win.batch || n > 1
	if err != nil {
		win.fail(&win.flights[len(win.flights)-1], err)
	}
}

// settle concludes the flight whose ack has come. Acks come in the order of the publishes. If
// an ack is the next expected one, and its position follows on that of the ack before, then
// nothing stands between the two flights. Otherwise something may, and settle looks up which
// events count.
func (win *window) settle(ctx context.Context, i int, a pubAck) {
	crashpoint.Reach(crashpoint.Acked)
	f := &win.flights[i]
	alone := win.trusted && win.settled == i && a.Sequence == win.end+uint64(f.msgs)
	win.settled = i + 1
	switch {
	case len(f.plans) == 0:
	case a.err != nil:
		if a.broken && win.cfg.Room.Enough() { // otherwise space ran out
			win.vitals.failed(f.sent, time.Now())
		}
		win.fail(f, a.err)
	case f.msgs > 1 && a.BatchSize != f.msgs:
		win.fail(f, errBatchSize)
	case alone:
		win.end = a.Sequence
		win.stored(f, a.Sequence)
	default:
		win.lookUp(ctx, f, a.Sequence)
	}
}

// lookUp concludes a flight that was stored behind something that this writer does not know.
// The flight's events may be void because of that. The view can tell once it has passed the
// flight. Until then no sender is answered.
func (win *window) lookUp(ctx context.Context, f *flight, last uint64) {
	if win.trusted {
		win.cfg.Log.WarnContext(ctx, "another writer has written to the shard", "shard", win.shard, "expected", win.end+uint64(f.msgs), "got", last)
	}
	win.distrust()
	ctx, cancel := context.WithTimeout(ctx, resyncTimeout)
	defer cancel()
	if err := win.follow.Await(ctx, last); err != nil {
		win.fail(f, err)
		return
	}
	pos := last - uint64(f.msgs)
	for _, p := range f.plans {
		pos += uint64(len(p.events))
		counts, err := win.cfg.View.Accepted(p.cmd.channel, p.last(), pos)
		if err != nil || !counts {
			win.again(p)
			continue
		}
		p.stored(win.shard, pos)
		p.acknowledge()
	}
	win.land(f)
}

// stored concludes a flight whose last message is at pos last.
func (win *window) stored(f *flight, last uint64) {
	win.vitals.Acked()
	plans, pos := f.plans, last-uint64(f.msgs)
	for _, p := range plans {
		pos += uint64(len(p.events))
		p.stored(win.shard, pos)
		win.ahead.add(p)
		delete(win.busy, p.cmd.channel)
	}
	if f.msgs >= win.publisher.from {
		win.linger = time.Now().Add(time.Since(f.sent))
		win.enough = max(win.publisher.from, (f.msgs+win.source.waiting())*7/8)
		win.answerAfter(last, plans)
	} else {
		acknowledge(plans)
	}
	win.land(f)
}

// answerAfter tells the senders on this node once its view has applied up to pos, and the other
// nodes at once.
func (win *window) answerAfter(pos uint64, plans []*plan) {
	ours := make([]*plan, 0, len(plans))
	for i, p := range plans {
		if p.cmd.served {
			acknowledge(plans[i : i+1])
		} else {
			ours = append(ours, p)
		}
	}
	win.follow.After(pos, func() { acknowledge(ours) })
}

// fail concludes a flight that was not stored, or that may or may not have been. Its channels
// stay busy: nothing may overtake it.
func (win *window) fail(f *flight, err error) {
	if len(f.plans) == 0 {
		return
	}
	win.distrust()
	if errors.Is(err, errNoAck) {
		win.vitals.unanswered(f.sent, time.Now())
	}
	for _, p := range f.plans {
		if final(err) {
			p.refuse(err)
		} else {
			win.again(p)
		}
	}
	win.land(f)
}

// again schedules a plan's commands to be decided again. The plan may be stored all the same.
func (win *window) again(p *plan) {
	p.tried()
	win.rest = append(append(win.rest, p.cmd), p.again...)
}

func (win *window) land(f *flight) {
	win.open--
	if f.msgs > 1 {
		win.batch = false
	}
	f.plans = nil
}

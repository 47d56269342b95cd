package jetstream

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"natterjack/jetstream/internal/crashpoint"
	"natterjack/jetstream/internal/pause"
	"natterjack/server/wire"
)

// Bounds of a lane.
const (
	maxQueued     = 20_000  // commands waiting; beyond it senders are told to come back, which beats a late answer
	maxRound      = 400     // commands committed together: JetStream takes 1,000 messages a batch, a command makes at most two
	maxRoundBytes = 1 << 19 // and this much, encoded: half of what a NATS message may be, for a round is relayed as one
	maxBackoff    = 200 * time.Millisecond
)

// committer commits a round: it answers what it can for good and returns the rest, in order, to be tried again.
type committer interface {
	commit(ctx context.Context, round []*command) (rest []*command)
}

// localWriter is a committer that must look again after another node has led.
type localWriter interface {
	committer
	distrust()
}

// lane orders the commands of one shard on one node. While a round is being committed the next one gathers: the busier the
// shard, the larger its rounds, without a timer. A round goes to this node's writer, or to the node whose writer it is.
// One round at a time keeps the order of every sender; what a round could not settle goes before what came later.
type lane struct {
	leads  func() bool
	writer localWriter
	remote committer
	most   int // commands waiting
	turns  turns

	wake chan struct{} // holds one token while the queue may hold as many as wanted

	mu     sync.Mutex // protects following
	queue  []*command
	wanted int    // in the queue for wake to be poked
	count  uint64 // of commands that have come
	closed bool
	cancel context.CancelCauseFunc // of the try at hand
}

func newLane(leads func() bool, writer localWriter, remote committer) *lane {
	return &lane{leads: leads, writer: writer, remote: remote, most: maxQueued, turns: turns{wait: holdFor}, wake: make(chan struct{}, 1)}
}

// submit queues a command. Its done is called exactly once, here only if the command is refused.
func (l *lane) submit(c *command) {
	if err := l.enqueue(c); err != nil {
		c.answer(wire.Ack{}, err)
	}
}

// note has a command keep its place among those of its sender that was refused before it came here.
func (l *lane) note(c *command, err error) {
	l.mu.Lock()
	l.enter(c)
	l.mu.Unlock()
	c.turns.answered(c, err)
}

// enter gives a command its time and its place. The caller holds mu.
func (l *lane) enter(c *command) {
	c.turns = &l.turns
	c.deadline = time.Now().Add(commandTimeout)
	l.count++
	c.order, c.place = l.count, l.count
}

func (l *lane) enqueue(c *command) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.enter(c)
	switch {
	case l.closed:
		return draining()
	case c.served && !l.leads():
		return elsewhere() // at once, and not behind a round that may itself be away
	case len(l.queue) >= l.most:
		return wire.Errorf(wire.CodeUnavailable, "the channel's shard has too many commands waiting; nothing was stored").After(time.Second)
	}
	l.queue = append(l.queue, c)
	if len(l.queue) >= l.wanted {
		poke(l.wake)
	}
	return nil
}

// run commits rounds until ctx ends, then answers what still waits.
func (l *lane) run(ctx context.Context) {
	defer l.close()
	for {
		select {
		case <-ctx.Done():
			return
		case <-l.wake:
		}
		for ctx.Err() == nil { // asked before a round is taken: what is taken is answered
			round := l.take()
			if len(round) == 0 {
				break
			}
			l.settle(ctx, round)
		}
	}
}

// settle commits a round, again where it must, until every command in it has its answer: at the latest when the oldest runs
// out of time, give or take. A try at hand is finished even when ctx ends, so that a stopping node leaves no doubt behind.
func (l *lane) settle(ctx context.Context, round []*command) {
	crashpoint.Reach(crashpoint.Submitted)
	backoff := 5 * time.Millisecond
	for {
		round = answerOverdue(round)
		if len(round) == 0 {
			return
		}
		before := len(round)
		round = l.try(ctx, round)
		if len(round) == 0 {
			return
		}
		if len(round) < before {
			continue // some went through: the way is open
		}
		if pause.For(ctx, backoff) != nil {
			answerAll(round, func(c *command) error { return c.overdue() })
			return
		}
		backoff = min(2*backoff, maxBackoff)
	}
}

func (l *lane) try(ctx context.Context, round []*command) []*command {
	ctx, cancelDeadline := context.WithDeadline(context.WithoutCancel(ctx), round[0].deadline)
	defer cancelDeadline()
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	l.mu.Lock()
	l.cancel = cancel
	l.mu.Unlock()
	return l.commit(ctx, round)
}

// interrupt ends the try at hand, if there is one, because the shard's leader has changed: an answer is not to be waited for any
// more. The round is tried again, with the new leader, and what was stored after all is found there.
func (l *lane) interrupt() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.cancel != nil {
		l.cancel(errElected)
	}
}

// errElected is why a try was interrupted.
var errElected = errors.New("jetstream: the shard has another leader")

func (l *lane) commit(ctx context.Context, round []*command) []*command {
	if l.leads() {
		return l.writer.commit(ctx, round)
	}
	l.writer.distrust()
	return l.remote.commit(ctx, l.turns.sift(l.refuseServed(round)))
}

// refuseServed answers the commands that another node sent here because it took this one for the writer: it looks again.
// To send them on would let two nodes that mistake each other pass a command to and fro.
func (l *lane) refuseServed(round []*command) []*command {
	rest := round[:0]
	for _, c := range round {
		if c.served {
			c.answer(wire.Ack{}, elsewhere())
			continue
		}
		rest = append(rest, c)
	}
	return rest
}

// take removes the next round from the queue.
func (l *lane) take() []*command {
	l.mu.Lock()
	defer l.mu.Unlock()
	n, bytes := 0, 0
	for n < len(l.queue) && n < maxRound && bytes < maxRoundBytes {
		bytes += l.queue[n].bytes()
		n++
	}
	round := append([]*command(nil), l.queue[:n]...)
	clear(l.queue[:n])
	l.queue = l.queue[n:]
	if len(l.queue) == 0 {
		l.queue = l.queue[:0:0]
	}
	return round
}

// waiting implements [source].
func (l *lane) waiting() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.queue)
}

// want implements [source].
func (l *lane) want(n int) <-chan struct{} {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.wanted = n; len(l.queue) >= n {
		poke(l.wake)
	}
	return l.wake
}

// takeFree implements [source]. It takes none that has run out of time, which only [lane.settle] answers. It looks no further than
// what two rounds may hold: where a channel is busy and its queue long, others of the shard wait for their round.
func (l *lane) takeFree(n int, busy map[string]bool) (taken []*command) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now, bytes := time.Now(), 0
	passed := map[string]bool{} // channels of commands left behind: nothing may overtake them
	look := min(len(l.queue), 2*maxRound)
	kept := 0
	for i, c := range l.queue[:look] {
		if len(taken) >= n || bytes >= maxRoundBytes {
			kept += copy(l.queue[kept:], l.queue[i:look])
			break
		}
		if busy[c.channel] || passed[c.channel] || now.After(c.deadline) {
			passed[c.channel] = true
			l.queue[kept] = c
			kept++
			continue
		}
		bytes += c.bytes()
		taken = append(taken, c)
	}
	l.queue = slices.Delete(l.queue, kept, look)
	return taken
}

func (l *lane) close() {
	l.mu.Lock()
	waiting := l.queue
	l.queue, l.closed = nil, true
	l.mu.Unlock()
	answerAll(waiting, func(*command) error { return draining() })
}

func answerOverdue(round []*command) []*command {
	now := time.Now()
	rest := round[:0]
	for _, c := range round {
		if now.After(c.deadline) {
			c.answer(wire.Ack{}, c.overdue())
			continue
		}
		rest = append(rest, c)
	}
	return rest
}

func answerAll(cmds []*command, why func(*command) error) {
	for _, c := range cmds {
		c.answer(wire.Ack{}, why(c))
	}
}

func elsewhere() error {
	return wire.Errorf(wire.CodeUnavailable, "this node does not write the shard")
}

func draining() error {
	return wire.Errorf(wire.CodeUnavailable, "this node is stopping; nothing was stored, retry on another")
}

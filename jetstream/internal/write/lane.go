package write

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"natterjack/jetstream/internal/crashpoint"
	"natterjack/jetstream/internal/pause"
	"natterjack/jetstream/internal/wake"
	"natterjack/server/wire"
)

// Bounds of a lane.
const (
	maxQueued = 20_000 // waiting commands; more are refused at once, which is better than a late answer
	// Commands committed together. JetStream takes 1,000 messages in a batch, and a command
	// makes at most two.
	maxRound = 400
	// The encoded size of a round, at most. It is half of the largest NATS message, because a round
	// is relayed as one message.
	maxRoundBytes = 1 << 19
	maxBackoff    = 200 * time.Millisecond
)

// committer commits a round. It gives each command a final answer if it can. It returns the
// others, in order, to be tried again.
type committer interface {
	commit(ctx context.Context, round []*Command) (rest []*Command)
}

// localWriter is a committer that must check its state again after another node has led the
// shard.
type localWriter interface {
	committer
	distrust()
}

// lane orders the commands of one shard on one node. While one round is being committed, the
// next one gathers. So a busier shard has larger rounds, without a timer. A round goes to this
// node's writer, or to the node that has the writer. Only one round is committed at a time,
// which keeps the order of every sender. Commands that a round could not settle go before later
// ones.
type lane struct {
	leads  func() bool
	writer localWriter
	remote committer
	most   int // the most commands that may wait
	turns  turns

	wake chan struct{} // holds one token if the queue may hold as many commands as wanted

	mu     sync.Mutex // protects following
	queue  []*Command
	wanted int    // the length of the queue at which wake is poked
	count  uint64 // commands that have come so far
	closed bool
	cancel context.CancelCauseFunc // cancels the current try
}

func newLane(leads func() bool, writer localWriter, remote committer) *lane {
	return &lane{leads: leads, writer: writer, remote: remote, most: maxQueued, turns: turns{wait: holdFor}, wake: make(chan struct{}, 1)}
}

// submit queues a command. The command's done is called exactly once. Submit itself calls it
// only if the command is refused.
func (l *lane) submit(c *Command) {
	if err := l.enqueue(c); err != nil {
		c.answer(wire.Ack{}, err)
	}
}

// note records a command that was refused before it came to the lane, so that it keeps its
// place among its sender's commands.
func (l *lane) note(c *Command, err error) {
	l.mu.Lock()
	l.enter(c)
	l.mu.Unlock()
	c.turns.answered(c, err)
}

// enter gives a command its deadline and its place. The caller holds mu.
func (l *lane) enter(c *Command) {
	c.turns = &l.turns
	c.deadline = time.Now().Add(commandTimeout)
	l.count++
	c.order, c.place = l.count, l.count
}

func (l *lane) enqueue(c *Command) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.enter(c)
	switch {
	case l.closed:
		return draining()
	case c.served && !l.leads():
		return elsewhere() // at once, and not behind a round that may itself be on another node
	case len(l.queue) >= l.most:
		return wire.Errorf(wire.CodeUnavailable, "the channel's shard has too many commands waiting; nothing was stored, retry later").After(time.Second)
	}
	l.queue = append(l.queue, c)
	if len(l.queue) >= l.wanted {
		wake.Up(l.wake)
	}
	return nil
}

// run commits rounds until ctx ends. Then it answers the commands that still wait.
func (l *lane) run(ctx context.Context) {
	defer l.close()
	for {
		select {
		case <-ctx.Done():
			return
		case <-l.wake:
		}
		for ctx.Err() == nil { // checked before a round is taken: a round that is taken gets its answers
			round := l.take()
			if len(round) == 0 {
				break
			}
			l.settle(ctx, round)
		}
	}
}

// settle commits a round, again if needed, until every command in it has its answer. That takes
// until about the deadline of the oldest command at the latest. The current try is finished
// even if ctx ends, so that a stopping node leaves no command in doubt.
func (l *lane) settle(ctx context.Context, round []*Command) {
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
			continue // some commands were answered, so the writer can be reached
		}
		if pause.For(ctx, backoff) != nil {
			answerAll(round, func(c *Command) error { return c.overdue() })
			return
		}
		backoff = min(2*backoff, maxBackoff)
	}
}

func (l *lane) try(ctx context.Context, round []*Command) []*Command {
	ctx, cancelDeadline := context.WithDeadline(context.WithoutCancel(ctx), round[0].deadline)
	defer cancelDeadline()
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	l.mu.Lock()
	l.cancel = cancel
	l.mu.Unlock()
	return l.commit(ctx, round)
}

// interrupt ends the current try, if there is one, because the shard's leader has changed.
// There is no point in waiting for an answer any more. The round is tried again with the new
// leader. A command that was stored after all is found there.
func (l *lane) interrupt() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.cancel != nil {
		l.cancel(errElected)
	}
}

// errElected is the cause with which a try is interrupted.
var errElected = errors.New("jetstream: the shard has another leader")

func (l *lane) commit(ctx context.Context, round []*Command) []*Command {
	if l.leads() {
		return l.writer.commit(ctx, round)
	}
	l.writer.distrust()
	return l.remote.commit(ctx, l.turns.sift(l.refuseServed(round)))
}

// refuseServed refuses the commands that another node sent here because it took this node for
// the writer. That node then looks for the writer again. If commands were sent on, two nodes
// that mistake each other for the writer could pass one back and forth.
func (l *lane) refuseServed(round []*Command) []*Command {
	rest := round[:0]
	for _, c := range round {
		if c.served {
			c.answer(wire.Ack{}, c.unstored(elsewhere()))
			continue
		}
		rest = append(rest, c)
	}
	return rest
}

// take removes the next round from the queue.
func (l *lane) take() []*Command {
	l.mu.Lock()
	defer l.mu.Unlock()
	n, bytes := 0, 0
	for n < len(l.queue) && n < maxRound && bytes < maxRoundBytes {
		bytes += l.queue[n].bytes()
		n++
	}
	round := append([]*Command(nil), l.queue[:n]...)
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
		wake.Up(l.wake)
	}
	return l.wake
}

// takeFree implements [source]. It takes no command that has run out of time: [lane.settle] or
// [lane.sweep] answers those. It looks only at as many commands as two rounds may hold. If a
// channel is busy and its queue is long, other commands of the shard wait for their round.
func (l *lane) takeFree(n int, busy map[string]bool) (taken []*Command) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now, bytes := time.Now(), 0
	passed := map[string]bool{} // channels of commands that stay: no later command may overtake them
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
	answerAll(waiting, func(*Command) error { return draining() })
}

func answerOverdue(round []*Command) []*Command {
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

func answerAll(cmds []*Command, why func(*Command) error) {
	for _, c := range cmds {
		c.answer(wire.Ack{}, why(c))
	}
}

func elsewhere() error {
	return wire.Errorf(wire.CodeUnavailable, "this node does not write the shard; retry")
}

func draining() error {
	return wire.Errorf(wire.CodeUnavailable, "this node is stopping; nothing was stored, retry on another")
}

package write

import (
	"context"
	"time"

	"natterjack/jetstream/internal/crashpoint"
	"natterjack/server/wire"
)

// resyncTimeout bounds how long a writer waits for this node's view before it returns the round
// to its lane.
const resyncTimeout = 2 * time.Second

// writer orders one shard: it decides which events a command appends, and publishes them without a
// fence. It reads the view. Where the view is still behind the writer's own publishes, it reads its
// own ahead. As long as its acks come with exactly the positions that it expects, no other node has
// written. Then its decisions were based on the end of the log, and its events count, because every
// node folds the same log by the same rule ([channel.Head.Follows]). At the first gap, and after
// any other failure, it distrusts itself. It waits for a view that has passed the gap and looks up
// which events counted. It forgets its own state and decides the rest again.
//
// All methods are for the lane's one goroutine.
type writer struct {
	shard     int
	cfg       *Config
	publisher publisher
	stream    Stream
	follow    Follower
	source    source
	pace      *pace // of events; a new leader begins with full buckets
	ahead     ahead
	vitals    *Vitals
	// end is the stream's last position, as far as this writer knows. It is the position of its own
	// last publish while no other node writes.
	end     uint64
	waiting bool // for a resync to succeed; logged once
	// trusted is whether the view has been level with the stream since this node leads it, and
	// nothing has failed since then.
	trusted bool
}

func newWriter(cfg *Config, shard int, stream Stream, follow Follower) *writer {
	return &writer{shard: shard, cfg: cfg, stream: stream, follow: follow, pace: newPace(cfg.Limits), ahead: newAhead(), vitals: new(Vitals)}
}

// distrust makes the next round check the stream first. It is called after a failure, or when
// another node may have written.
func (w *writer) distrust() { w.trusted = false }

// commit implements [committer].
func (w *writer) commit(ctx context.Context, round []*Command) []*Command {
	if round = refuse(w.cfg.Room, round); len(round) == 0 {
		return nil
	}
	if !w.trusted && !w.resync(ctx) || !w.level(ctx) {
		return round
	}
	plans := w.decide(ctx, round)
	if len(plans) == 0 {
		return nil
	}
	crashpoint.Reach(crashpoint.Decided)
	return w.publish(ctx, plans)
}

// resync drops the events that were published ahead of the view, and waits until the view is level
// with the stream. From then on nothing that this writer published before can still come. So an
// event that the view does not show is not stored.
func (w *writer) resync(ctx context.Context) bool {
	ctx, cancel := context.WithTimeout(ctx, resyncTimeout)
	defer cancel()
	w.ahead = newAhead()
	began := time.Now()
	last, err := w.stream.Last(ctx)
	if err != nil {
		w.vitals.unanswered(began, time.Now())
	} else {
		err = w.follow.Await(ctx, last)
	}
	if err != nil && !w.waiting {
		w.cfg.Log.WarnContext(ctx, "writer waits until its view is level with the stream", "shard", w.shard, "last_pos", last, "error", err)
	}
	w.trusted, w.waiting, w.end = err == nil, err != nil, last
	return w.trusted
}

// level drops the events from ahead that the view has applied. If too much is left it waits,
// because a view that stands still must not make the writer grow without bound.
func (w *writer) level(ctx context.Context) bool {
	if behind := w.ahead.oldest(maxAhead); behind > 0 {
		ctx, cancel := context.WithTimeout(ctx, resyncTimeout)
		defer cancel()
		if err := w.follow.Await(ctx, behind); err != nil {
			w.cfg.Log.WarnContext(ctx, "the view is too far behind its writer", "shard", w.shard, "error", err)
			return false
		}
	}
	w.ahead.forget(w.cfg.View.Position(w.shard))
	return true
}

// decide turns a round into plans. It answers at once the commands that append nothing, because
// they are refused or were stored before.
func (w *writer) decide(ctx context.Context, round []*Command) []*plan {
	d := w.newDecision()
	defer d.close()
	plans := make([]*plan, 0, len(round))
	for _, c := range round {
		p, err := d.plan(c)
		switch {
		case err != nil:
			err = c.unstored(err)
			c.turns.answered(c, err) // before the commands of the round that are behind it
			d.answers = append(d.answers, answer{cmd: c, err: err})
		case p != nil:
			plans = append(plans, p)
		}
	}
	w.tell(ctx, d.answers)
	return plans
}

// answer is the answer to a command that appends nothing.
type answer struct {
	cmd *Command
	ack wire.Ack
	err error
}

// tell sends the answers for which nothing was stored. They are true only of a view that is
// level with the log. A leader that is cut off does not know what another leader has written
// since. So a quorum has to confirm that there is no other leader.
func (w *writer) tell(ctx context.Context, answers []answer) {
	if len(answers) == 0 {
		return
	}
	confirmed := w.stream.Confirmed(ctx)
	for _, a := range answers {
		if !confirmed {
			a = answer{cmd: a.cmd, err: a.cmd.unstored(unconfirmed())}
		}
		a.cmd.answer(a.ack, a.err)
	}
}

func unconfirmed() error {
	return wire.Errorf(wire.CodeUnavailable, "the channel's shard has no quorum at the moment; nothing was stored, retry")
}

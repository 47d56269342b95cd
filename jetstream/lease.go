package jetstream

import (
	"cmp"
	"context"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"natterjack/jetstream/internal/api"
	"natterjack/jetstream/internal/pause"
)

const (
	// leaseTime is how long one confirmation by the quorum is valid. Together with [inTouch]
	// and [maxSkipped] it stays below the shortest time in which the engine elects another
	// leader (4 s). So a leader that was in touch with most of its replicas until then is
	// still the only leader.
	leaseTime = 500 * time.Millisecond
	// beatEvery is how often a pulse beats. maxSkipped is how long it may be silent before the
	// process counts as having been stopped.
	beatEvery  = 50 * time.Millisecond
	maxSkipped = time.Second
	// mistrust is how long a process that was stopped does not believe that it leads. The replicas'
	// last messages from before the stop may reach it only now. The commands of a new leader may
	// reach it a moment later.
	mistrust = 2 * time.Second
)

// pulse tells whether this process has run without a stop. A process that was frozen does not
// notice it, but its clock shows it.
type pulse struct {
	last  atomic.Int64 // time of the last beat, nanoseconds since start
	since atomic.Int64 // from when on the process is trusted again
	start time.Time
}

func newPulse() *pulse { return &pulse{start: time.Now()} }

// run beats until ctx ends.
func (p *pulse) run(ctx context.Context) {
	tick := time.NewTicker(beatEvery)
	defer tick.Stop()
	for p.last.Store(int64(time.Since(p.start))); ; {
		select {
		case <-tick.C:
			now := time.Since(p.start)
			if now-time.Duration(p.last.Load()) > maxSkipped {
				p.since.Store(int64(now + mistrust))
			}
			p.last.Store(int64(now))
		case <-ctx.Done():
			return
		}
	}
}

// steady reports whether the process has run without a stop lately.
func (p *pulse) steady() bool {
	now := time.Since(p.start)
	return now-time.Duration(p.last.Load()) <= maxSkipped && now >= time.Duration(p.since.Load())
}

// lease is the quorum's confirmation that this node leads a shard's stream. It implements
// [write.Stream]. Confirmed is for the lane's goroutine only.
type lease struct {
	shard   int
	conn    *nats.Conn // that of the writer
	js      jetstream.JetStream
	subject string // one of the stream's
	name    string // name of this node
	leads   func() bool
	pulse   *pulse
	until   time.Time
}

// Leads implements [write.Stream].
func (l *lease) Leads() bool { return l.leads() }

// Last implements [write.Stream]. Messages that the stream has taken in are stored, or lost for
// good, once the stream has reached the end that it had then. A new leader has stored all that the
// old one left before it leads.
func (l *lease) Last(ctx context.Context) (uint64, error) {
	end, err := api.End(ctx, l.conn, l.subject)
	for err == nil {
		var last uint64
		if last, err = lastPos(ctx, l.js, l.shard); err == nil && last >= end {
			return last, nil
		}
		err = cmp.Or(err, pause.For(ctx, endPause))
	}
	return 0, err
}

// endPause is the pause between two looks at a stream that has not stored all that it took in.
const endPause = 20 * time.Millisecond

// Confirmed implements [write.Stream]. The engine's leader says when it last heard from each
// replica. If it has heard from most of them within less time than an election takes, there is
// no other leader.
func (l *lease) Confirmed(ctx context.Context) bool {
	if !l.leads() {
		return false
	}
	asked := time.Now()
	if asked.Before(l.until) {
		return l.pulse.steady()
	}
	ctx, cancel := context.WithTimeout(ctx, leaseTime)
	defer cancel()
	s, err := l.js.Stream(ctx, StreamName(l.shard))
	if err != nil {
		return false
	}
	c := s.CachedInfo().Cluster
	if !leadsAlone(c, l.name) || !single(c) && !l.pulse.steady() {
		return false
	}
	l.until = asked.Add(leaseTime)
	return true
}

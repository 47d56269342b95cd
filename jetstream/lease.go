package jetstream

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

const (
	// leaseTime is for how long one word of the quorum is believed. Together with [inTouch] and [maxSkipped] it stays below the
	// shortest time in which the engine elects another leader (4 s): who was in touch with most of its followers until then is the
	// only leader until now.
	leaseTime = 500 * time.Millisecond
	// beatEvery is how often a pulse beats, and maxSkipped how long it may be silent before this process counts as having stood still.
	beatEvery  = 50 * time.Millisecond
	maxSkipped = time.Second
	// mistrust is how long a process that has stood still does not believe that it leads: the followers' last words, from before,
	// may reach it only now, and those of a new leader a moment later.
	mistrust = 2 * time.Second
)

// pulse tells whether this process has run without a stop. A process that was frozen does not know it, but its clock does.
type pulse struct {
	last  atomic.Int64 // time of the last beat, nanoseconds since start
	since atomic.Int64 // from when on it is believed again
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

// steady reports whether the process has not stood still lately.
func (p *pulse) steady() bool {
	now := time.Since(p.start)
	return now-time.Duration(p.last.Load()) <= maxSkipped && now >= time.Duration(p.since.Load())
}

// lease is a quorum's word that this node leads a shard's stream. Its one method is for the lane's goroutine.
type lease struct {
	shard int
	js    jetstream.JetStream
	name  string // of this node
	leads func() bool
	pulse *pulse
	until time.Time
}

// confirmed implements [leader]. The engine's leader says when it has last heard from each follower; as long as it has from most of
// them within less time than they take to elect another, there is no other.
func (l *lease) confirmed(ctx context.Context) bool {
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

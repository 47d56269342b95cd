package jetstream

import (
	"cmp"
	"fmt"

	"natterjack/jetstream/internal/copies"
)

// shard is what a node has for one shard.
type shard struct {
	tail     *tail
	follower *follower
	lane     *lane
	eraser   *eraser
	partings *partings
	acks     *ackInbox
	vitals   *vitals
	known    highest // highest pos that this node has acknowledged, or that a client from another node has seen
}

// newShard connects the parts of a shard.
func (l *Log) newShard(n int, cfg *Config) (*shard, error) {
	acks, err := newAckInbox(l.conn, fmt.Sprintf("%s-%d", unique(), n))
	if err != nil {
		return nil, fmt.Errorf("subscribe to acks: %w", err)
	}
	leads := func() bool { return l.engine.LeadsStream(StreamName(n)) }
	s := &shard{tail: &tail{floor: l.view.Position(n)}, acks: acks, vitals: new(vitals), partings: l.newPartings(n, leads)}
	s.eraser = &eraser{shard: n, conn: l.conn, view: l.view, leads: leads, wake: make(chan struct{}, 1), after: cfg.scrubAfter, log: l.log}
	if s.eraser.after == nil {
		s.eraser.after = l.view.ScrubAfter
	}
	s.follower = &follower{
		shard: n, js: l.js, engine: l.engine, view: l.view, tail: s.tail, readers: l.readers, sight: &l.sight, erase: s.eraser.wake, partings: s.partings,
		copy: copies.NewReader(l.conn, l.js, l.engine, StreamName(n), l.engine.Name(), &l.damage, l.log), log: l.log,
	}
	stage, from := l.staging(n, cfg)
	w := &writer{
		shard: n, js: l.js, view: l.view, stream: publisher{conn: l.conn, acks: acks, name: batchName(), stage: stage, from: from}, follow: s.follower, limits: l.limits,
		leader: &lease{shard: n, js: l.js, name: l.engine.Name(), leads: leads, pulse: l.pulse},
		log:    l.log, pace: newPace(l.limits), ahead: newAhead(), room: l.room, now: l.clock.now, vitals: s.vitals, dialect: l.dialect,
	}
	s.lane = newLane(leads, w, &forwarder{shard: n, conn: l.conn, writers: l.writers, follow: s.follower, log: l.log})
	s.lane.most, s.lane.turns.wait = cmp.Or(cfg.Waiting, maxQueued), cmp.Or(cfg.Hold, holdFor)
	w.source = s.lane
	return s, nil
}

// unique returns a name that is never used twice. It is the name of an inbox, and may be a
// token of a subject.
func unique() string { return nats.NewInbox()[len(nats.InboxPrefix):] }

// batchName returns the prefix for the ids of a writer's batches. Other writers of the shard
// have another prefix, and so does the same writer after a restart.
func batchName() string { return unique()[:8] }

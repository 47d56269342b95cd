package jetstream

import (
	"natterjack/jetstream/internal/copies"
	"natterjack/jetstream/internal/write"
)

// shard holds a node's parts for one shard.
type shard struct {
	tail     *tail
	follower *follower
	write    *write.Shard
	eraser   *eraser
	partings *partings
	seen     highest // pos that a client has seen: acknowledged by this node, or shown by another one
}

// newShard connects the parts of a shard.
func (l *Log) newShard(n int, cfg *Config, w *write.Config) (*shard, error) {
	leads := func() bool { return l.engine.LeadsStream(StreamName(n)) }
	s := &shard{tail: &tail{floor: l.view.Position(n)}, partings: l.newPartings(n, leads)}
	s.eraser = &eraser{shard: n, conn: l.conn, view: l.view, leads: leads, wake: make(chan struct{}, 1), after: cfg.scrubAfter, log: l.log}
	if s.eraser.after == nil {
		s.eraser.after = l.view.ScrubAfter
	}
	s.follower = &follower{
		shard: n, js: l.js, engine: l.engine, view: l.view, tail: s.tail, readers: l.readers, sight: &l.sight, owners: &l.owners, news: l.news, erase: s.eraser.wake, partings: s.partings, sent: l.tellSent,
		copy: copies.NewReader(l.conn, l.js, l.engine, StreamName(n), l.engine.Name(), &l.damage, l.log), log: l.log,
	}
	var err error
	lead := &lease{shard: n, conn: l.conn, subject: l.layout.slots.subject(n), js: l.js, name: l.engine.Name(), leads: leads, pulse: l.pulse}
	s.write, err = write.New(w, n, lead, s.follower)
	return s, err
}

// writing returns the configuration of the write path. With several replicas the engine stages
// batches in memory by itself.
func (l *Log) writing(cfg *Config) *write.Config {
	w := &write.Config{
		Conn: l.conn, View: l.view, Leaders: l.leaders, Limits: l.limits, Room: l.room, Admit: l.dialect.admit, Subject: Subject,
		Notes: func() bool { return l.dialect.knows(noteLevel) }, RequestNotes: func() bool { return l.dialect.knows(requestLevel) },
		Staged: l.keeper.replicas > 1, Waiting: cfg.Waiting, Hold: cfg.Hold, Now: l.clock.now, Log: l.log,
	}
	if cfg.Stage != nil && !w.Staged {
		w.Staged, w.Stage = true, func(shard int) { cfg.Stage(StreamName(shard)) }
	}
	return w
}

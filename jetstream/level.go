package jetstream

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"
)

const (
	// levelEvery is how often each node reports the ends of the shards that it leads, and the
	// shards in which it is behind.
	levelEvery = time.Second
	// levelTimeout is how long this node's engine may take to report the ends of all those
	// shards.
	levelTimeout = 800 * time.Millisecond
	levelSubject = "level"
	levelWords   = 256 // words of other nodes that may wait; each node sends one every [levelEvery]
)

// word is the report of a node about itself.
type word struct {
	Node  string `json:"node"`  // identifies this run of the node
	Name  string `json:"name"`  // name of its server
	Unfit bool   `json:"unfit"` // the node should not lead
	// The last pos of each shard that the node leads, if it is in touch with most of its
	// replicas.
	Ends   map[int]uint64 `json:"ends"`
	Behind []int          `json:"behind"` // the shards in which it is not level
	Speaks int            `json:"speaks"` // the highest level of the log that it knows
}

// level tells whether this node is level with the log.
type level struct {
	deaf   atomic.Pointer[error]
	turned atomic.Pointer[func(away bool)]
}

// Level returns nil if this node has lately been level with the log in every shard.
func (l *Log) Level() error {
	if err := l.level.deaf.Load(); err != nil {
		return *err
	}
	return nil
}

// WatchLevel makes f the function that is called when this node's users are better off on
// another node, and again when that has passed. It replaces the function set before. [standing]
// says when users are better off elsewhere. f must return at once.
func (l *Log) WatchLevel(f func(away bool)) { l.level.turned.Store(&f) }

// watchLevel reports the state of this node, hears the reports of the other nodes, and judges,
// until ctx ends. It judges only once the node is ready.
func (l *Log) watchLevel(ctx context.Context) {
	words := make(chan *nats.Msg, levelWords)
	sub, err := l.conn.ChanSubscribe(levelSubject, words)
	if err != nil {
		l.log.ErrorContext(ctx, "this node cannot hear how far other nodes have read", "error", err)
		return
	}
	defer func() { _ = sub.Unsubscribe() }() // the connection may be closed by now
	st := newStanding(l.layout.shards, l.engine.Clustered())
	tick := time.NewTicker(levelEvery)
	defer tick.Stop()
	for ready, judging := l.ready, false; ; {
		select {
		case <-ctx.Done():
			return
		case <-ready:
			st.begin()
			ready, judging = nil, true
		case m := <-words:
			l.hear(st, m)
		case <-tick.C:
			before := st.away
			at := l.positions()
			st.tick(at)
			l.rebuild.look(ctx, l, st, at)
			if judging {
				l.judge(ctx, st, before)
			}
			if err := l.dialect.tick(ctx, l.engine.LeadsStream(StreamName(0)), st.peers); err != nil {
				l.log.DebugContext(ctx, "the log's level could not be raised yet", "error", err)
			}
			l.speak(ctx, st)
		}
	}
}

// judge updates the result of [Log.Level], and calls the function set by [Log.WatchLevel].
func (l *Log) judge(ctx context.Context, st *standing, before bool) {
	var deaf error
	if shards := st.behind(deafAfter - 1); len(shards) > 0 {
		deaf = fmt.Errorf("jetstream: this node has not been level with the log in shards %v for %v", shards, deafAfter*levelEvery)
	}
	if was := l.Level(); (was == nil) != (deaf == nil) {
		if deaf != nil {
			l.log.WarnContext(ctx, "this node does not receive new events", "error", deaf)
		} else {
			l.log.InfoContext(ctx, "this node is level with the log again")
		}
	}
	if deaf == nil {
		l.level.deaf.Store(nil)
	} else {
		l.level.deaf.Store(&deaf)
	}
	if st.away == before {
		return
	}
	if st.away {
		l.log.WarnContext(ctx, "users are sent to other nodes until this node receives new events again")
	} else {
		l.log.InfoContext(ctx, "this node takes users again")
	}
	if f := l.level.turned.Load(); f != nil {
		(*f)(st.away)
	}
}

// speak reports the ends of the shards that this node leads, and uses that report itself at
// once. Before that, it hands over the shards that this node should not lead.
func (l *Log) speak(ctx context.Context, st *standing) {
	unfit, others := l.unfit() != nil, st.fit()
	if unfit && len(others) > 0 {
		l.leave(ctx, others)
	}
	l.relieve(ctx)
	w := word{Node: l.self, Name: l.engine.Name(), Unfit: unfit, Ends: l.ends(ctx), Behind: st.behind(slack), Speaks: l.dialect.own}
	for shard, pos := range w.Ends {
		st.ends(shard, pos)
	}
	body, err := json.Marshal(w)
	if err == nil {
		err = l.conn.Publish(levelSubject, body)
	}
	if err != nil && !errors.Is(err, nats.ErrConnectionClosed) {
		l.log.DebugContext(ctx, "this node could not tell the others how far it has read", "error", err)
	}
}

// hear takes in the report of another node. A report that cannot be read is from another
// version and is ignored.
func (l *Log) hear(st *standing, m *nats.Msg) {
	var w word
	if err := json.Unmarshal(m.Data, &w); err != nil || w.Node == "" || w.Node == l.self {
		return
	}
	st.said(w.Node, w.Behind)
	p := st.peers[w.Node]
	p.name, p.unfit, p.speaks = w.Name, w.Unfit, w.Speaks
	for shard, pos := range w.Ends {
		if shard >= 0 && shard < l.layout.shards {
			st.ends(shard, pos)
		}
	}
}

// ends returns the last positions of the shards that this node leads. It leaves out a shard if
// the node is not in touch with most of its replicas, or if the shard is known not to take
// writes.
func (l *Log) ends(ctx context.Context) map[int]uint64 {
	ctx, cancel := context.WithTimeout(ctx, levelTimeout)
	defer cancel()
	ends := map[int]uint64{}
	for shard := range l.layout.shards {
		if !l.engine.LeadsStream(StreamName(shard)) || l.shards[shard].write.Vitals().Stuck(time.Now()) {
			continue
		}
		s, err := l.js.Stream(ctx, StreamName(shard))
		if err != nil {
			continue
		}
		info := s.CachedInfo()
		if leadsAlone(info.Cluster, l.engine.Name()) {
			ends[shard] = info.State.LastSeq
		}
	}
	return ends
}

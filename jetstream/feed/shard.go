package feed

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"natterjack/jetstream/internal/counted"
	"natterjack/jetstream/internal/ordered"
)

// shard reads the stream of one shard. The goroutine of run owns judge, and writes the fields
// below.
type shard struct {
	n     int
	feed  *Feed
	judge counted.Judge

	taken  atomic.Uint64 // the batch, or the sink, has the stream up to here
	wanted atomic.Uint64 // the pos of the last event among them that the sink wants
	end    atomic.Uint64 // where the stream ended when it was last known
	known  atomic.Bool   // whether end is known

	applied atomic.Uint64 // the sink has the stream up to here; written by the applier

	marking sync.Mutex // protects following
	marked  time.Time  // when the later mark was set
	marks   [2]uint64  // where the stream ended: an earlier mark, and a later one
}

func newShard(f *Feed, n int) *shard {
	return &shard{n: n, feed: f, judge: counted.Judge{
		Shard: n, Kinds: f.cfg.Kinds, Void: f.cfg.Void, View: f.log.View, Copy: f.log.Copy(f.log.Stream(n)), Channel: f.log.Channel,
		Await: func(ctx context.Context, pos uint64) error { return f.log.Await(ctx, n, pos) },
	}}
}

// open finds out where to go on.
func (s *shard) open(ctx context.Context) error {
	at, err := s.feed.cfg.Sink.Position(s.n)
	if err != nil {
		return fmt.Errorf("read the position in shard %d: %w", s.n, err)
	}
	there, err := s.has(ctx, at)
	if err != nil {
		return err
	}
	if !there {
		return fmt.Errorf("shard %d, position %d: %w", s.n, at.Pos, ErrAhead)
	}
	s.taken.Store(at.Pos)
	s.applied.Store(at.Pos)
	return nil
}

// has reports whether the stream still has the events that the sink has. If it has lost its end,
// writers do not wait for a feed: they may have given the same numbers to other events by now.
func (s *shard) has(ctx context.Context, at Upto) (bool, error) {
	stream := s.feed.log.Stream(s.n)
	reaches, err := s.feed.log.Reaches(ctx, stream, at.Pos)
	if !reaches || err != nil || at.Pos == 0 || at.Stored == 0 {
		return reaches, err
	}
	return s.feed.log.StoredAt(ctx, stream, at.Pos, time.Unix(0, at.Stored))
}

// run reads until ctx ends.
func (s *shard) run(ctx context.Context) {
	r := ordered.Reader{
		JS: s.feed.log.JS, Stream: s.feed.log.Stream(s.n), Node: s.feed.log.Node, Here: true, Sink: s, Log: s.feed.slog,
		Opened: s.opened,
	}
	r.Run(ctx)
}

// opened notes where the stream ends. Deleted messages are not among the pending ones, so the end
// may be further; each delivered message corrects that.
func (s *shard) opened(host string, pending uint64) {
	s.judge.Copy.Source = host
	s.ends(s.taken.Load() + pending)
}

func (s *shard) ends(at uint64) {
	if at > s.end.Load() {
		s.end.Store(at)
	}
	s.known.Store(true)
}

// markEvery is how long to wait until the next mark is set.
const markEvery = time.Second

// earlier returns where the stream ended a second ago, or somewhat longer, given where it ends. If
// the end has not been asked for by then, it is asked for now.
func (s *shard) earlier(end uint64) uint64 {
	s.marking.Lock()
	defer s.marking.Unlock()
	switch since := time.Since(s.marked); {
	case s.marked.IsZero() || since > 2*markEvery:
		s.marks, s.marked = [2]uint64{end, end}, time.Now()
	case since > markEvery:
		s.marks, s.marked = [2]uint64{s.marks[1], end}, time.Now()
	}
	return s.marks[0]
}

// Position implements [ordered.Sink].
func (s *shard) Position() uint64 { return s.taken.Load() }

// mostAtOnce is how many messages are judged without a rest: about a millisecond's worth.
const mostAtOnce = 32

// Take implements [ordered.Sink]. It waits while the batch is full.
func (s *shard) Take(ctx context.Context, msgs []ordered.Message) error {
	for some := range slices.Chunk(msgs, mostAtOnce) {
		if err := s.take(ctx, some); err != nil {
			return err
		}
	}
	return nil
}

func (s *shard) take(ctx context.Context, msgs []ordered.Message) error {
	began := time.Now()
	events, err := s.judge.Events(ctx, s.taken.Load(), msgs)
	if err != nil {
		return err
	}
	if rest := s.feed.cfg.Rest; rest != nil {
		rest(time.Since(began))
	}
	last := &msgs[len(msgs)-1]
	s.ends(last.Seq + last.Pending)
	if err := s.feed.batch.add(ctx, s.n, events, Upto{Pos: last.Seq, Stored: last.Time.UnixNano()}); err != nil {
		return err
	}
	if n := len(events); n > 0 {
		s.wanted.Store(events[n-1].Pos)
	}
	s.taken.Store(last.Seq)
	return nil
}

// progress returns how far the sink is in this shard, and where the stream ends if that is known.
// Events that the sink does not want count as applied.
func (s *shard) progress() (done, of uint64, known bool) {
	known = s.known.Load() // first: a position that is read after it is at least as new
	taken, wanted := s.taken.Load(), s.wanted.Load()
	if done = s.applied.Load(); done >= wanted {
		done = max(done, taken)
	}
	return done, max(done, s.end.Load()), known
}

package duty

import (
	"cmp"
	"context"
	"slices"
	"time"

	"natterjack/jetstream/internal/crashpoint"
	"natterjack/jetstream/internal/ordered"
	"natterjack/jetstream/internal/pause"
	"natterjack/server/wire"
)

const (
	// Patience is how long one call of [Doer.Do] may take.
	Patience = 10 * time.Second
	// firstPause and mostPause are the shortest and the longest pause before a failed call is
	// tried again.
	firstPause = 100 * time.Millisecond
	mostPause  = 30 * time.Second
	// portion is how many events one call gets at most. All of them have to be done within
	// [Patience]. The reader may bring hundreds at once, and if those took longer, the duty would
	// stand still for ever.
	portion = 16
)

// Position implements [ordered.Sink].
func (s *shard) Position() uint64 { return s.place.at }

// Take implements [ordered.Sink]. It returns once all of the messages are done.
func (s *shard) Take(ctx context.Context, msgs []ordered.Message) error {
	events, err := s.judge.Events(ctx, s.place.at, msgs)
	if err != nil {
		return err
	}
	last := &msgs[len(msgs)-1]
	if err := s.doAll(ctx, events, msgs); err != nil {
		return err
	}
	s.place.pass(last.Seq, last.Time)
	s.tell(last.Pending)
	return s.save(ctx)
}

// doAll has the events among messages done, a few at a time. Events that are done are not repeated
// if a later one fails.
func (s *shard) doAll(ctx context.Context, events []wire.Event, of []ordered.Message) error {
	waiting := of[len(of)-1].Pending + uint64(len(of))
	for some := range slices.Chunk(events, portion) {
		if err := s.do(ctx, some, waiting); err != nil {
			return err
		}
		s.wanted = true
		pos := some[len(some)-1].Pos
		s.place.pass(pos, timeOf(pos, of))
		if err := s.save(ctx); err != nil {
			return err
		}
	}
	return nil
}

// timeOf returns when the stream stored a message. It is zero for one that another copy of the
// stream has told of.
func timeOf(pos uint64, of []ordered.Message) time.Time {
	i, found := slices.BinarySearchFunc(of, pos, func(m ordered.Message, pos uint64) int { return cmp.Compare(m.Seq, pos) })
	if !found {
		return time.Time{}
	}
	return of[i].Time
}

// do has events done. It tries until that succeeds or ctx ends.
func (s *shard) do(ctx context.Context, events []wire.Event, waiting uint64) error {
	var since time.Time
	for wait := firstPause; ; wait = min(2*wait, mostPause) {
		err := s.try(ctx, events)
		if err == nil {
			crashpoint.Reach(crashpoint.DutyDone)
			if !since.IsZero() {
				s.slog.InfoContext(ctx, "a duty works again", "pos", events[0].Pos, "after", time.Since(since))
			}
			return nil
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if since.IsZero() {
			since = time.Now()
		}
		s.slog.WarnContext(ctx, "a duty fails in this shard, waits, and is tried again", "pos", events[0].Pos, "waiting", waiting, "since", since, "error", err)
		s.state.Store(&State{Duty: s.cfg.Name, Shard: s.n, Pos: s.place.at, Waiting: waiting, Failed: err, Since: since})
		s.idle(ctx) // the events before these are done
		if err := pause.For(ctx, wait); err != nil {
			return err
		}
	}
}

func (s *shard) try(ctx context.Context, events []wire.Event) error {
	ctx, cancel := context.WithTimeout(ctx, Patience)
	defer cancel()
	return s.cfg.Doer.Do(ctx, events)
}

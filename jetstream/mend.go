package jetstream

import (
	"bytes"
	"context"
	"errors"
	"sort"
	"time"

	"natterjack/jetstream/internal/copies"
	"natterjack/jetstream/view"
)

// mendTimeout bounds a search for lost messages behind the last delivered one.
const mendTimeout = 5 * time.Second

// apply takes in the delivered events. There may be a hole between two positions. Either the
// messages there were erased, or this node's copy of the stream has lost them. Lost messages
// are read from another copy and taken in at their place.
func (f *follower) apply(ctx context.Context, events []view.Event) error {
	doubts := f.copy.Doubts(f.view.Position(f.shard), func(yield func(uint64) bool) {
		for i := range events {
			if !yield(events[i].Pos) {
				return
			}
		}
	})
	if len(doubts) == 0 {
		return f.applyWhole(ctx, events)
	}
	lost, err := f.copy.Ask(ctx, doubts)
	if err != nil {
		return err
	}
	if err := f.mend(ctx, &lost, &events); err != nil {
		return err
	}
	return f.applyWhole(ctx, events)
}

// mend takes in the messages that this node's copy has lost. Before each lost stretch it takes
// in the delivered events that precede the stretch, and removes them from events.
func (f *follower) mend(ctx context.Context, lost *copies.Lost, events *[]view.Event) error {
	if len(lost.Stretches) == 0 {
		return nil
	}
	before := f.copy.Mended()
	for _, s := range lost.Stretches {
		n := sort.Search(len(*events), func(i int) bool { return (*events)[i].Pos > s.First })
		if err := f.applyWhole(ctx, (*events)[:n]); err != nil {
			return err
		}
		*events = (*events)[n:]
		if err := f.takeFromOthers(ctx, lost, s); err != nil {
			return err
		}
	}
	f.log.ErrorContext(ctx, "a copy of the stream is damaged: it has lost messages, which were read from another one. Replace it: see docs/operations.md",
		"stream", StreamName(f.shard), "node", f.copy.Source, "first", lost.Stretches[0].First,
		"last", lost.Stretches[len(lost.Stretches)-1].Last, "messages", f.copy.Mended()-before)
	return nil
}

// takeFromOthers takes in a lost stretch, as other copies have it.
func (f *follower) takeFromOthers(ctx context.Context, lost *copies.Lost, s copies.Stretch) error {
	for s.First <= s.Last {
		records, upto, err := f.copy.Read(ctx, lost, s)
		if err != nil {
			return err
		}
		events := make([]view.Event, len(records))
		for i := range records {
			r := &records[i]
			events[i] = view.Event{Pos: r.Pos, Channel: channelOf(r.Subject), Record: r.Data}
		}
		if err := f.applyWhole(ctx, events); err != nil {
			return err
		}
		s.First = upto + 1
	}
	return nil
}

// lostUpto reports whether messages were lost between the last delivered event and a position.
// Lost messages have been taken in when it returns.
func (f *follower) lostUpto(ctx context.Context, upto uint64) (bool, error) {
	doubts := f.copy.Doubts(f.view.Position(f.shard), func(yield func(uint64) bool) { yield(upto + 1) })
	if len(doubts) == 0 {
		return false, nil
	}
	ctx, cancel := context.WithTimeout(ctx, mendTimeout)
	defer cancel()
	lost, err := f.copy.Ask(ctx, doubts)
	if err == nil {
		err = f.mend(ctx, &lost, new([]view.Event))
	}
	return len(lost.Stretches) > 0, err
}

// mendRecord replaces a record that cannot be read by the record of another copy. If that record
// cannot be read either, the event is void.
func (f *follower) mendRecord(ctx context.Context, events []view.Event, why error) bool {
	e, ok := errors.AsType[*view.UnreadableError](why)
	if !ok {
		return false
	}
	i := sort.Search(len(events), func(i int) bool { return events[i].Pos >= e.Pos })
	at := &events[i]
	mine := copies.Record{Pos: at.Pos, Subject: Subject(at.Channel), Data: at.Record}
	whole, err := f.copy.Whole(ctx, mine)
	if err != nil {
		return false
	}
	at.Unsure, at.Record = false, whole.Data
	if bytes.Equal(whole.Data, mine.Data) {
		return true
	}
	f.log.ErrorContext(ctx, "a copy of the stream is damaged: a record cannot be read, and was read from another one. Replace it: see docs/operations.md",
		"stream", StreamName(f.shard), "node", f.copy.Source, "pos", at.Pos, "reason", e.Err)
	return true
}

// Mended returns how many messages were read from other nodes since the start because this
// node's copies had lost them. It is 0 unless a disk is damaged.
func (l *Log) Mended() uint64 { return l.damage.Mended.Load() }

package copies

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"slices"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"natterjack/jetstream/internal/pause"
)

const (
	// askTime is how long to wait for answers to one question.
	askTime = time.Second
	// settle is how long an erasure may take to reach every copy. A leader without anything
	// else to send contacts its replicas once a second.
	settle = 2500 * time.Millisecond
	// believeAfter is how long a leader must have reported that no other copy is current.
	believeAfter = 10 * time.Second
	// tellEvery is the interval between two log lines while the reader waits.
	tellEvery = 10 * time.Second
	// between is the pause between two questions if the first got no answer.
	between = 100 * time.Millisecond
)

// Reader explains the holes in one copy of a stream that is read in order. It belongs to one
// goroutine.
type Reader struct {
	Source string // the server whose copy is read

	stream string
	node   string // the server of the reading node
	holder Holder
	copies copiesOf
	tally  *Tally
	log    *slog.Logger

	gone Stretches // positions that an answer has explained already
	said time.Time // when waiting was last logged
}

// copiesOf reaches the other copies of a stream.
type copiesOf interface {
	// others returns how many copies exist besides the source's, and how many of them are complete,
	// according to the leader.
	others(ctx context.Context, source string) (others, current int, err error)
	// poll asks all copies which messages they lack, until enough of them have answered for a
	// position. The answer of source does not count.
	poll(ctx context.Context, source string, pos uint64, enough int) ([]told, error)
	// records asks one copy for the records of a stretch. The answer has at least those at the
	// beginning of the stretch.
	records(ctx context.Context, at string, s Stretch) (*answer, error)
}

// told is a decoded answer.
type told struct {
	answer

	gone Stretches
}

// Mended returns how many messages were read from other copies, over all streams that share the
// tally.
func (r *Reader) Mended() uint64 { return r.tally.Mended.Load() }

// Tally counts damage since the start. All of it is a fault of a disk.
type Tally struct {
	Mended atomic.Uint64 // messages that were read from another copy
	Lost   atomic.Uint64 // messages that no copy can read
}

// NewReader creates a reader of a stream, for the node whose server has the name node.
func NewReader(conn *nats.Conn, js jetstream.JetStream, holder Holder, stream, node string, tally *Tally, log *slog.Logger) *Reader {
	return &Reader{stream: stream, node: node, holder: holder, copies: &network{conn: conn, js: js, stream: stream}, tally: tally, log: log}
}

// Doubts returns the positions that are missing between the messages that came, beginning behind
// after. It leaves out the positions that are known to be gone.
func (r *Reader) Doubts(after uint64, came iter.Seq[uint64]) Stretches {
	var holes Stretches
	for pos := range came {
		if pos > after+1 {
			holes = append(holes, Stretch{after + 1, pos - 1})
		}
		after = max(after, pos)
	}
	if len(holes) == 0 {
		return nil
	}
	return holes.without(r.gone)
}

// Lost are the messages that a copy lacks and others have.
type Lost struct {
	Stretches

	from []string // subjects for requests for the records
	away bool     // some copies that may have them have not answered
}

// Ask waits until another copy has told for all positions whether it has them, and returns the
// positions that it has. If there is no other copy to ask, it returns none.
func (r *Reader) Ask(ctx context.Context, doubts Stretches) (Lost, error) {
	var held Stretches
	for began := time.Now(); len(doubts) > 0; {
		said, err := r.first(ctx, began, doubts[0].First)
		if err != nil {
			return Lost{}, err
		}
		if said == nil {
			r.alone(ctx, doubts)
			break
		}
		var sure Stretches
		sure, doubts = doubts.split(said.Upto)
		r.gone = said.gone
		held = append(held, sure.without(said.gone)...)
	}
	if len(held) == 0 {
		return Lost{}, nil
	}
	return r.confirm(ctx, held)
}

// first returns the first answer that covers a position, or nil if there is no copy to ask.
func (r *Reader) first(ctx context.Context, began time.Time, pos uint64) (*told, error) {
	for {
		others, current, err := r.copies.others(ctx, r.Source)
		if err == nil && (others == 0 || current == 0 && time.Since(began) >= believeAfter) {
			return nil, nil //nolint:nilnil // nobody
		}
		said, asked := r.copies.poll(ctx, r.Source, pos, 1)
		if len(said) > 0 {
			return &said[0], nil
		}
		if err = errors.Join(err, asked); time.Since(began) >= askTime && time.Since(r.said) >= tellEvery {
			r.said = time.Now()
			r.log.WarnContext(ctx, "a copy of the stream lacks messages; waiting for another node to say whether they were erased",
				"stream", r.stream, "node", r.Source, "pos", pos, "other_copies", others, "current", current, "error", err)
		}
		if err := pause.For(ctx, between); err != nil {
			return nil, err
		}
	}
}

// confirm asks again a while later, and asks all copies that can be reached.
func (r *Reader) confirm(ctx context.Context, held Stretches) (lost Lost, err error) {
	if err := pause.For(ctx, settle); err != nil {
		return lost, err
	}
	others, _, err := r.copies.others(ctx, r.Source)
	if err != nil {
		return lost, err
	}
	for len(held) > 0 {
		said, err := r.copies.poll(ctx, r.Source, held[0].First, others)
		if len(said) == 0 {
			return lost, fmt.Errorf("no node answers any more what became of the messages that a copy lacks: %w", err)
		}
		lost.away = lost.away || len(said) < others
		upto := said[0].Upto
		for i := range said {
			upto = min(upto, said[i].Upto)
		}
		var now Stretches
		now, held = held.split(upto)
		nobody := now
		for i := range said {
			if has := now.without(said[i].gone); len(has) > 0 {
				lost.from = append(lost.from, said[i].At)
				nobody = nobody.without(has)
			}
		}
		lost.Stretches = append(lost.Stretches, now.without(nobody)...)
	}
	return lost, nil
}

// Read returns the first records of a stretch, and how far they go. They come from one copy
// that can read them all, or from several copies together.
func (r *Reader) Read(ctx context.Context, from *Lost, s Stretch) (records []Record, upto uint64, err error) {
	var all *answer
	var errs []error
	for _, at := range from.from {
		a, err := r.copies.records(ctx, at, s)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		if all == nil {
			all = a
		} else {
			all.join(a)
		}
		if len(all.Unread) == 0 {
			break
		}
	}
	if all == nil {
		return nil, 0, fmt.Errorf("no node sends the messages that a copy lacks: %w", errors.Join(errs...))
	}
	if n := len(all.Unread); n > 0 {
		if from.away || len(errs) > 0 {
			return nil, 0, fmt.Errorf("the copies that can be reached have %d messages from %d on and cannot read them; waiting for the others", n, all.Unread[0])
		}
		r.tally.Lost.Add(uint64(n))
		r.log.ErrorContext(ctx, "no copy of the stream can be read any more from this position on: messages are lost. Restore them from a backup",
			"stream", r.stream, "first", all.Unread[0], "last", all.Unread[n-1], "messages", n)
	}
	r.tally.Mended.Add(uint64(len(all.Records)))
	return all.Records, all.Upto, nil
}

// join takes in the messages that another copy has of the same stretch. The result goes as far as
// both answers do.
func (a *answer) join(b *answer) {
	a.Upto = min(a.Upto, b.Upto)
	have := map[uint64]bool{}
	a.Records = slices.DeleteFunc(append(a.Records, b.Records...), func(r Record) bool {
		surplus := have[r.Pos] || r.Pos > a.Upto
		have[r.Pos] = true
		return surplus
	})
	slices.SortFunc(a.Records, func(x, y Record) int { return cmp.Compare(x.Pos, y.Pos) })
	a.Unread = slices.DeleteFunc(a.Unread, func(pos uint64) bool { return have[pos] || pos > a.Upto })
}

// Whole returns a record as another copy has it. It returns the given record if another copy
// has the same one, if another copy has erased it, or if there is no other copy.
func (r *Reader) Whole(ctx context.Context, at Record) (Record, error) {
	one := Stretch{at.Pos, at.Pos}
	for began := time.Now(); ; {
		said, err := r.first(ctx, began, at.Pos)
		if err != nil || said == nil {
			return at, err
		}
		others, _, err := r.copies.others(ctx, r.Source)
		if err == nil {
			var all []told
			all, _ = r.copies.poll(ctx, r.Source, at.Pos, others) // copies that do not answer are away
			for i := range all {
				if len(Stretches{one}.without(all[i].gone)) == 0 {
					return at, nil // it was void there and has been erased
				}
				a, err := r.copies.records(ctx, all[i].At, one)
				if err != nil || len(a.Records) == 0 {
					continue
				}
				if other := a.Records[0]; other.Subject != at.Subject || !bytes.Equal(other.Data, at.Data) {
					r.tally.Mended.Add(1)
					return other, nil
				}
				return at, nil
			}
		}
		if err := pause.For(ctx, between); err != nil {
			return at, err
		}
	}
}

// alone believes the only copy. It logs and counts the messages that the copy should have and
// cannot read.
func (r *Reader) alone(ctx context.Context, doubts Stretches) {
	r.gone = doubts
	if r.Source != r.node {
		return
	}
	first, last, gone, err := r.holder.Held(r.stream)
	if err != nil {
		return
	}
	r.gone = goneFrom(doubts[0].First-1, first, last, gone)
	damaged, _ := doubts.without(r.gone).split(last)
	if len(damaged) > 0 {
		r.tally.Lost.Add(damaged.Len())
		r.log.ErrorContext(ctx, "the only copy of the stream is damaged: messages that it should have cannot be read, and are lost. Restore it from a backup",
			"stream", r.stream, "first", damaged[0].First, "last", damaged[len(damaged)-1].Last, "messages", damaged.Len())
	}
}

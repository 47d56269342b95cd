package copies

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// store is a copy of a stream in a test.
type store struct {
	last   uint64
	gone   []uint64 // ascending
	broken []uint64 // cannot be read, which the server does not know
	away   int      // how often it does not answer
}

func (s *store) Held(string) (first, last uint64, gone []uint64, err error) {
	return 1, s.last, s.gone, nil
}

func (s *store) Stored(_ string, pos uint64) (subject string, data []byte, err error) {
	if slices.Contains(s.gone, pos) || slices.Contains(s.broken, pos) || pos > s.last {
		return "", nil, errors.New("not to be read")
	}
	return "subject", fmt.Append(nil, pos), nil
}

// cluster is the other copies, by the names of their servers.
type cluster struct {
	stores map[string]*store
	names  []string
	room   int // of an answer
	asked  int
}

func (c *cluster) others(context.Context, string) (others, current int, err error) {
	return len(c.names), len(c.names), nil
}

func (c *cluster) poll(_ context.Context, source string, pos uint64, enough int) (said []told, err error) {
	c.asked++
	for _, name := range c.names {
		s := c.stores[name]
		if s.away > 0 {
			s.away--
			continue
		}
		data, upto := goneFrom(pos-1, 1, s.last, s.gone).encode(s.last, c.room)
		gone, err := decode(data)
		if err != nil {
			return nil, err
		}
		if name != source && upto >= pos && len(said) < enough {
			said = append(said, told{answer{Node: name, At: name, Upto: upto}, gone})
		}
	}
	return said, nil
}

func (c *cluster) records(_ context.Context, at string, s Stretch) (*answer, error) {
	a := new(answer)
	t := Teller{holder: c.stores[at]}
	t.read(a, &question{After: s.First - 1, Upto: s.Last}, 1, c.stores[at].last, c.stores[at].gone)
	return a, nil
}

func (c *cluster) reader(source string) *Reader {
	return &Reader{Source: source, node: source, copies: c, tally: new(Tally), log: slog.New(slog.DiscardHandler)}
}

// TestReader_findsWhatWasLost erases some of a log. One copy has lost some of it, and two
// others have lost other parts. They are away at times, and behind with erasures. The reader
// ends up with everything that was not erased, once and in order, in however many rounds it is
// delivered.
func TestReader_findsWhatWasLost(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		checkReader(rt, func(f func(context.Context)) {
			synctest.Test(t, func(t *testing.T) { f(t.Context()) }) // in which time passes at once
		})
	})
}

func checkReader(t *rapid.T, inBubble func(func(context.Context))) {
	const end = 40
	erased, lost := drawPositions(t, "erased"), drawPositions(t, "lost")
	late := rapid.IntRange(0, len(erased)).Draw(t, "erased late") // the last of them are still in one copy
	broken := drawPositions(t, "broken")
	c := &cluster{names: []string{"b", "c"}, room: rapid.IntRange(2*10, 60).Draw(t, "room"), stores: map[string]*store{
		"b": {last: end + 1, gone: erased[:late], broken: broken, away: rapid.IntRange(0, 3).Draw(t, "b is away")},
		"c": {last: end + 1, gone: erased, away: rapid.IntRange(0, 3).Draw(t, "c is away")},
	}}
	r := c.reader("a")
	var came []uint64
	for pos := uint64(1); pos <= end+1; pos++ {
		if pos == end+1 || !slices.Contains(erased, pos) && !slices.Contains(lost, pos) {
			came = append(came, pos)
		}
	}
	round := rapid.IntRange(1, end).Draw(t, "delivered at once")
	read := read
	if rapid.Bool().Draw(t, "filled") {
		read = filled
	}
	var got []uint64
	var failed error
	inBubble(func(ctx context.Context) {
		at := uint64(0)
		for some := range slices.Chunk(came, round) {
			all, err := read(ctx, r, at, some)
			for try := 0; err != nil && try < 10; try++ { // as a follower does
				all, err = read(ctx, r, at, some)
			}
			failed = errors.Join(failed, err)
			got, at = append(got, all...), some[len(some)-1]
		}
	})
	if failed != nil {
		t.Fatal(failed)
	}
	got = got[:len(got)-1] // the last is only there so that all holes are met
	var want []uint64
	for pos := uint64(1); pos <= end; pos++ {
		if !slices.Contains(erased, pos) {
			want = append(want, pos)
		}
	}
	behind := erased[late:]
	surplus := slices.DeleteFunc(slices.Clone(got), func(pos uint64) bool { return !slices.Contains(behind, pos) })
	got = slices.DeleteFunc(got, func(pos uint64) bool { return slices.Contains(surplus, pos) })
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatalf("read (-want +got):\n%s", diff)
	}
}

// read returns the events that a follower takes in when some positions are delivered.
func read(ctx context.Context, r *Reader, after uint64, came []uint64) (all []uint64, err error) {
	found, err := r.Ask(ctx, r.Doubts(after, slices.Values(came)))
	if err != nil {
		return nil, err
	}
	for _, s := range found.Stretches {
		for s.First <= s.Last {
			records, upto, err := r.Read(ctx, &found, s)
			if err != nil {
				return nil, err
			}
			for i := range records {
				all = append(all, records[i].Pos)
			}
			s.First = upto + 1
		}
	}
	all = append(all, came...)
	slices.Sort(all)
	return all, nil
}

// filled returns the events that a reader takes in, without keeping them apart.
func filled(ctx context.Context, r *Reader, after uint64, came []uint64) (all []uint64, err error) {
	records := make([]Record, len(came))
	for i, pos := range came {
		records[i].Pos = pos
	}
	records, err = r.Fill(ctx, after, records)
	for i := range records {
		all = append(all, records[i].Pos)
	}
	return all, err
}

// TestReader_asksOnce shows that one answer explains the erasures that are still to come.
func TestReader_asksOnce(t *testing.T) {
	var odd []uint64
	for pos := uint64(1); pos < 10_000; pos += 2 {
		odd = append(odd, pos)
	}
	c := &cluster{names: []string{"b"}, room: mostGone, stores: map[string]*store{"b": {last: 10_000, gone: odd}}}
	r := c.reader("a")
	for at := uint64(0); at < 10_000; at += 2 {
		if doubts := r.Doubts(at, slices.Values([]uint64{at + 2})); len(doubts) > 0 {
			if lost, err := r.Ask(t.Context(), doubts); err != nil || len(lost.Stretches) > 0 {
				t.Fatalf("lost %v, %v", lost.Stretches, err)
			}
		}
	}
	if c.asked != 1 {
		t.Errorf("asked %d times", c.asked)
	}
}

// TestReader_alone shows that messages that the only copy should have and cannot read are
// counted, and that erased ones are not.
func TestReader_alone(t *testing.T) {
	r := new(cluster).reader("a")
	r.holder = &store{last: 20, gone: []uint64{3, 4, 9}}
	lost, err := r.Ask(t.Context(), r.Doubts(2, slices.Values([]uint64{5, 8, 10})))
	if err != nil || len(lost.Stretches) > 0 {
		t.Fatalf("lost %v, %v", lost.Stretches, err)
	}
	if got := r.tally.Lost.Load(); got != 2 { // 6 and 7
		t.Errorf("%d messages counted, want 2", got)
	}
}

// TestReader_waits shows that no position is passed over while no copy can tell what it was.
func TestReader_waits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &cluster{names: []string{"b", "c"}, room: mostGone, stores: map[string]*store{"b": {last: 3}, "c": {last: 20, away: 1_000}}}
		r := c.reader("a")
		ctx, cancel := context.WithTimeout(t.Context(), believeAfter*3)
		defer cancel()
		if _, err := r.Ask(ctx, r.Doubts(4, slices.Values([]uint64{6}))); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("answered with %v", err)
		}
		c.stores["b"].last = 20 // it has caught up
		lost, err := r.Ask(t.Context(), r.Doubts(4, slices.Values([]uint64{6})))
		if err != nil || lost.Len() != 1 {
			t.Errorf("lost %v, %v", lost.Stretches, err)
		}
	})
}

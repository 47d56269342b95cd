package channel

import (
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"natterjack/server/wire"
)

func TestFollows(t *testing.T) {
	head := Head{Version: 7, Seq: 4, Pos: 20}
	message := func(version, seq uint64) wire.Record {
		return wire.Record{Kind: wire.KindMessage, Version: version, Seq: seq}
	}
	edit := func(version, last, target uint64) wire.Record {
		return wire.Record{Kind: wire.KindEdit, Version: version, Last: last, Target: target}
	}
	after := func(r wire.Record, distance uint64) wire.Record { r.After = distance; return r }
	for _, c := range []struct {
		name    string
		missing uint64
		record  wire.Record
		want    error
	}{
		{"the next", 0, message(8, 5), nil},
		{"the next that is no message", 0, edit(8, 4, 4), nil},
		{"the last again", 0, message(7, 4), errVersion},
		{"a rival's", 0, edit(7, 4, 4), errVersion},
		{"none", 0, wire.Record{}, errVersion},
		{"one too far", 0, message(9, 6), errVersion},
		{"one too far, where as much is gone", 1, message(9, 6), nil},
		{"one too far, where what is gone was no message", 1, message(9, 5), nil},
		{"two too far, where less is gone", 1, message(10, 7), errVersion},
		{"the next, where others' are gone", 9, message(8, 5), nil},
		{"a seq given twice", 0, message(8, 4), errSeq},
		{"a seq too far", 0, message(8, 6), errSeq},
		{"a seq too far, where less is gone", 1, message(9, 7), errSeq},
		{"no seq", 0, message(8, 0), errSeq},
		{"a last seq too low", 0, edit(8, 3, 1), errSeq},
		{"a last seq too far", 0, edit(8, 5, 1), errSeq},
		{"about a message to come", 0, edit(8, 4, 5), errSeq},
		{"after the last", 0, after(message(8, 5), 2), nil},
		{"after one that does not count", 0, after(message(8, 5), 1), errAfter},
		{"after one that is gone", 1, after(message(9, 6), 1), nil},
		{"a version that JSON does not keep", 1 << 60, message(1<<54, 5), errVersion},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := head.Follows(22, c.missing, &c.record); !errors.Is(got, c.want) {
				t.Errorf("%v, want %v", got, c.want)
			}
		})
	}
}

// rivals are two writers of one channel, each of which believes that it is alone, and the log that
// orders their events.
type rivals struct {
	log    []wire.Record
	voided map[uint64]bool // positions
	gone   map[uint64]bool // erased positions
}

// read folds the log from its beginning, as a rebuilt view does.
func (r *rivals) read(t *rapid.T, upto int) (st *State, counted []uint64) {
	var head Head
	present, held := uint64(0), uint64(0)
	for i := range r.log[:upto] {
		pos := uint64(i + 1)
		if r.gone[pos] {
			continue
		}
		missing := pos - 1 - head.Pos - (present - held)
		present++
		err := head.Follows(pos, missing, &r.log[i])
		if r.voided[pos] != (err != nil) {
			t.Fatalf("position %d: void %v, and read again %v", pos, r.voided[pos], err)
		}
		if err == nil {
			st = Apply(st, "ann~bob", pos, &r.log[i])
			head, held = st.Head, present
			counted = append(counted, pos)
		}
	}
	return st, counted
}

// TestFollows_rivals has two writers publish batches at once, each decided on the events that its
// writer has seen. Every reader counts the same events. These form a channel with dense numbers,
// and each was decided on the event that counted before it.
func TestFollows_rivals(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := &rivals{voided: map[uint64]bool{}, gone: map[uint64]bool{}}
		var live *State
		// The state each writer has decided on. It is never behind the events that the writer has
		// published.
		var seen [2]*State
		based := map[string]string{}
		for step := range rapid.IntRange(1, 40).Draw(t, "steps") {
			who := rapid.IntRange(0, 1).Draw(t, "writer")
			if rapid.Bool().Draw(t, "looks") {
				seen[who] = live
			}
			st := seen[who]
			for i := range rapid.IntRange(1, 3).Draw(t, "batch") {
				user := []string{"ann", "bob"}[who]
				events, err := Decide(st, "ann~bob", user, say(fmt.Sprint(step, i)), Env{NewID: func() string { return fmt.Sprint(step, ".", i) }})
				if err != nil {
					t.Fatal(err)
				}
				base := ""
				for j := range events {
					head := Head{}
					if st != nil {
						head = st.Head
					}
					head.Number(events[j : j+1])
					if i+j > 0 {
						events[j].After = 1
						base = r.log[len(r.log)-1].ID
					} else if st != nil {
						base = r.log[st.Pos-1].ID
					}
					events[j].ID = fmt.Sprint(step, ".", i, ".", j)
					based[events[j].ID] = base
					r.log = append(r.log, events[j])
					pos := uint64(len(r.log))
					st = Apply(st, "ann~bob", pos, &events[j])
					live = r.count(live, pos, &events[j])
				}
			}
			seen[who] = st
			if live.Pos != st.Pos { // its acks have told it that it is not alone
				seen[who] = live
			}
		}
		fresh, counted := r.read(t, len(r.log))
		if diff := cmp.Diff(live, fresh); diff != "" {
			t.Fatalf("read again (-lived +read):\n%s", diff)
		}
		for i, pos := range counted {
			e := &r.log[pos-1]
			want := ""
			if i > 0 {
				want = r.log[counted[i-1]-1].ID
			}
			if e.Version != uint64(i+1) || based[e.ID] != want {
				t.Fatalf("event %d at %d has version %d and was decided on %q, but after %q", i, pos, e.Version, based[e.ID], want)
			}
		}
		r.eraseVoid()
		if _, again := r.read(t, len(r.log)); !cmp.Equal(again, counted) {
			t.Fatalf("with what is void erased: %v, before %v", again, counted)
		}
	})
}

func (r *rivals) count(st *State, pos uint64, e *wire.Record) *State {
	head := Head{}
	if st != nil {
		head = st.Head
	}
	if head.Follows(pos, 0, e) != nil {
		r.voided[pos] = true
		return st
	}
	return Apply(st, "ann~bob", pos, e)
}

func (r *rivals) eraseVoid() {
	for pos := range r.voided {
		r.gone[pos] = true
	}
}

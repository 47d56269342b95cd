package load

import (
	"slices"
	"strings"
	"testing"
	"time"
)

// perfect returns a closed fleet of two sessions on one channel. Each sent two messages, in the
// order a0 b0 a1 b1, at 10, 20, 30, 40. An ack took 1, a delivery 2.
func perfect(t *testing.T) *Fleet {
	t.Helper()
	f := NewFleet(t.Context(), "r", NewClock(), true)
	for i := range 2 {
		f.Sessions = append(f.Sessions, newSession(f, i, Member{Channel: "a~b"}))
	}
	for i := range 4 {
		sender, number, at := i%2, i/2, time.Duration(10+10*i)
		f.Sessions[sender].sent = append(f.Sessions[sender].sent, at)
		n := note{seq: uint32(i + 1), sender: int32(sender), number: int32(number)}
		n.kind, n.at = kindAck, at+1
		f.Sessions[sender].notes = append(f.Sessions[sender].notes, n)
		n.kind, n.at = kindMessage, at+2
		for _, s := range f.Sessions {
			s.notes = append(s.notes, n)
		}
	}
	return f
}

// find returns the place of a note in a session's notes.
func find(s *Session, k kind, sender, number int32) int {
	return slices.IndexFunc(s.notes, func(n note) bool { return n.kind == k && n.sender == sender && n.number == number })
}

func TestVerify_AcceptsAPerfectRun(t *testing.T) {
	if err := Verify(perfect(t)); err != nil {
		t.Fatal(err)
	}
}

func TestVerify_FindsEveryFault(t *testing.T) {
	for _, tc := range []struct {
		fault, want string
		inject      func(f *Fleet)
	}{
		{"lost ack", "never acknowledged", func(f *Fleet) {
			s := f.Sessions[0]
			i := find(s, kindAck, 0, 1)
			s.notes = slices.Delete(s.notes, i, i+1)
		}},
		{"second ack", "second ack", func(f *Fleet) {
			s := f.Sessions[0]
			s.notes = append(s.notes, s.notes[find(s, kindAck, 0, 1)])
		}},
		{"another's ack", "wrong or second ack", func(f *Fleet) { f.Sessions[0].notes[find(f.Sessions[0], kindAck, 0, 1)].sender = 1 }},
		{"lost last delivery", "not delivered", func(f *Fleet) {
			s := f.Sessions[1]
			i := find(s, kindMessage, 1, 1)
			s.notes = slices.Delete(s.notes, i, i+1)
		}},
		{"lost delivery in between", "follows", func(f *Fleet) {
			s := f.Sessions[1]
			i := find(s, kindMessage, 1, 0)
			s.notes = slices.Delete(s.notes, i, i+1)
		}},
		{"delivered twice", "twice", func(f *Fleet) {
			s := f.Sessions[1]
			s.notes = append(s.notes, s.notes[find(s, kindMessage, 0, 0)])
		}},
		{"out of order", "follows", func(f *Fleet) {
			s := f.Sessions[1]
			i, k := find(s, kindMessage, 0, 0), find(s, kindMessage, 0, 1)
			s.notes[i], s.notes[k] = s.notes[k], s.notes[i]
		}},
		{"ack of another seq", "its ack said", func(f *Fleet) { f.Sessions[0].notes[find(f.Sessions[0], kindAck, 0, 1)].seq = 9 }},
		{"foreign message", "not of this channel", func(f *Fleet) { f.Sessions[1].notes[find(f.Sessions[1], kindMessage, 0, 1)].sender = 7 }},
		{"never sent", "not of this channel", func(f *Fleet) { f.Sessions[1].notes[find(f.Sessions[1], kindMessage, 0, 1)].number = 7 }},
	} {
		t.Run(tc.fault, func(t *testing.T) {
			f := perfect(t)
			tc.inject(f)
			if err := Verify(f); err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Fatalf("Verify: %v, want %q", err, tc.want)
			}
		})
	}
}

func TestCollect_CountsWhatFallsIntoTheStretch(t *testing.T) {
	w := Collect(perfect(t), 20, 42) // all of b0 and a1; b1 sent and acknowledged, but delivered at 42
	if len(w.Acks) != 3 || len(w.Ends) != 3 || w.Acked != 3 || w.Heard != 4 || w.Others != 2 {
		t.Fatalf("%d acks and %d ends sampled; %d acked, %d heard, %d by others", len(w.Acks), len(w.Ends), w.Acked, w.Heard, w.Others)
	}
	if w.Acks.Percentile(100) != 1 || w.Ends.Percentile(0) != 2 {
		t.Fatalf("acks took %v, deliveries %v", w.Acks, w.Ends)
	}
}

func TestPace_KeepsTheScheduleWhateverTheSends(t *testing.T) {
	clock := NewClock()
	var due []time.Duration
	err := clock.Pace(t.Context(), 0, time.Millisecond, 5, func(_ int, at time.Duration) error {
		due = append(due, at)
		if now := clock.Now(); now < at {
			t.Errorf("sent at %v, due at %v", now, at)
		}
		return nil
	})
	want := []time.Duration{0, time.Millisecond, 2 * time.Millisecond, 3 * time.Millisecond, 4 * time.Millisecond}
	if err != nil || !slices.Equal(due, want) {
		t.Fatalf("due at %v, %v", due, err)
	}
}

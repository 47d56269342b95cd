package load

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestRounds_EachInTurn(t *testing.T) {
	f := NewFleet(t.Context(), "r", NewClock(), true)
	for i := range 3 {
		f.Sessions = append(f.Sessions, newSession(f, i, Member{}))
	}
	var got [][2]int
	err := f.Rounds(2, 3*time.Millisecond, func(s *Session, i int) error {
		got = append(got, [2]int{i, s.index})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	want := [][2]int{{0, 0}, {0, 1}, {0, 2}, {1, 0}, {1, 1}, {1, 2}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if now := f.clock.Now(); now < 5*time.Millisecond {
		t.Errorf("six turns, one a millisecond, took %v", now)
	}
}

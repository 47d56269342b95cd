package embed

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

// TestLeads_answersInTime makes a server not answer for a while. Meanwhile its last answer
// counts for each stream, and no caller waits for long.
func TestLeads_answersInTime(t *testing.T) {
	answers := map[string]chan bool{"ours": make(chan bool, 1), "theirs": make(chan bool, 1)}
	l := newLeads(func(stream string) bool { return <-answers[stream] }, nil)
	answers["ours"] <- true
	answers["theirs"] <- false
	if !l.of("ours") || l.of("theirs") {
		t.Fatal("not what the server says")
	}
	calls := 0
	for began := time.Now(); time.Since(began) < 5*askPatience; calls++ {
		if !l.of("ours") || l.of("theirs") {
			t.Fatal("not what the server said last")
		}
	}
	if calls < 20 {
		t.Errorf("only %d questions were answered in %v", calls, 5*askPatience)
	}
	answers["ours"] <- false
	answers["theirs"] <- true
	l.end()
	if l.of("ours") || !l.of("theirs") {
		t.Error("not what the server said at last")
	}
}

// TestLeads_leavesInTime makes a server take long to step down. No caller waits longer than its
// context, the server is asked once at a time, and callers learn how it ended.
func TestLeads_leavesInTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		refused, results, asked := errors.New("refused"), make(chan error), 0
		l := newLeads(nil, func(string) error {
			asked++
			return <-results
		})
		for range 3 {
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			if err := l.leave(ctx, "ours"); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("it takes long, and leave returns %v", err)
			}
			cancel()
		}
		for i, want := range []error{refused, refused, nil} {
			time.AfterFunc(time.Hour, func() { results <- want })
			if err := l.leave(t.Context(), "ours"); !errors.Is(err, want) || asked != i+1 {
				t.Errorf("leave returns %v, want %v; it was asked %d times", err, want, asked)
			}
		}
		l.end()
		if err := l.leave(t.Context(), "ours"); err == nil {
			t.Error("a server that has ended steps down")
		}
	})
}

package embed

import (
	"testing"
	"time"
)

// TestLeads_answersInTime makes a server not answer for a while. Meanwhile its last answer
// counts for each stream, and no caller waits for long.
func TestLeads_answersInTime(t *testing.T) {
	answers := map[string]chan bool{"ours": make(chan bool, 1), "theirs": make(chan bool, 1)}
	l := newLeads(func(stream string) bool { return <-answers[stream] })
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

package find

import (
	"os"
	"strconv"
	"testing"
)

// TestRun fills and asks each engine with few messages, and compares their hits where they should
// find the same.
func TestRun(t *testing.T) {
	t.Parallel()
	messages := Least
	if n, err := strconv.Atoi(os.Getenv("SEARCH_MESSAGES")); err == nil {
		messages = n
	}
	hits := map[string]map[string]int{}
	for _, name := range Engines {
		r, err := Run(t.Context(), Spec{Engine: name, Dir: t.TempDir(), Messages: messages})
		if err != nil {
			t.Fatal(err)
		}
		if r.Rate <= 0 || r.Bytes <= 0 || r.Resident <= 0 || len(r.Answers) != len(Kinds)*len(Spreads) {
			t.Errorf("%s: %+v", name, r)
		}
		hits[name] = map[string]int{}
		for _, a := range r.Answers {
			hits[name][a.Kind+" "+strconv.Itoa(a.Channels)] = a.Hits
		}
		t.Logf("%s: %+v", name, r)
	}
	for _, spread := range []string{" 20", " 500"} {
		if ours, other := hits["ours"]["common"+spread], hits["unicode61"]["common"+spread]; ours < other || other == 0 {
			t.Errorf("common words in%s channels: %d hits, and SQLite %d", spread, ours, other)
		}
		if ours, other := hits["ours"]["infix"+spread], hits["trigram"]["infix"+spread]; ours != other {
			t.Errorf("parts of words in%s channels: %d hits, and SQLite %d", spread, ours, other)
		}
	}
}

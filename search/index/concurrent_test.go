package index

import (
	"sync/atomic"
	"testing"
	"time"

	"natterjack/search/query"
)

// TestConcurrent shows that searches see each batch as a whole while messages are replaced,
// scrubbed and merged: each message says the same as all the others.
func TestConcurrent(t *testing.T) {
	const messages, rounds = 50, 30
	x := newIndex(t, t.TempDir())
	words := []string{"alpha", "beta", "gamma"}
	write := func(round int) {
		var changes []Change
		for i := range uint64(messages) {
			changes = append(changes, Change{Put: &Message{Channel: "c", Seq: i + 1, At: time.Unix(1e9+int64(i), 0), Fields: []string{words[round%len(words)]}}})
		}
		apply(t, x, uint64(round+1), changes...)
	}
	write(0)
	var over atomic.Bool
	done := make(chan struct{})
	go func() {
		defer close(done)
		for !over.Load() {
			for _, w := range words {
				req := Request{Query: query.Parse(w), Now: time.Now(), Channels: []string{"c"}, Limit: maxLimit}
				page, err := x.Search(t.Context(), req, wordings(w), nil)
				if n := len(page.Hits); err != nil || n != 0 && n != messages {
					t.Errorf("%s: %d hits, %v", w, n, err)
				}
			}
		}
	}()
	for round := 1; round < rounds; round++ {
		write(round)
		if round%10 == 0 {
			if err := x.Scrub(t.Context()); err != nil {
				t.Error(err)
			}
		}
	}
	over.Store(true)
	<-done
	if s, err := x.Stats(); err != nil || s.Messages != messages {
		t.Errorf("%+v, %v", s, err)
	}
}

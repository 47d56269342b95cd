package tell

import (
	"maps"
	"sync"

	"natterjack/server/internal/push/decide"
)

// tally counts decisions of one message by verdict and reason.
type tally map[key]int

type key struct {
	verdict decide.Verdict
	reason  decide.Reason
}

func (t tally) add(d decide.Decision) { t[key{d.Verdict, d.Reason}]++ }

// counts counts the decisions of this node and the results of its tries since the start, by stable
// words. Its methods may be called concurrently.
type counts struct {
	mu sync.Mutex // protects following
	of map[string]uint64
}

func newCounts() *counts { return &counts{of: map[string]uint64{}} }

func (c *counts) add(word string, n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.of[word] += uint64(n)
}

// merge adds the decisions about a message.
func (c *counts) merge(t tally) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for k, n := range t {
		c.of[string(k.verdict)+"."+string(k.reason)] += uint64(n)
	}
}

// Counts returns how often this node has made each decision, and how often each result came, since
// the start: VERDICT.REASON of decisions, and RESULT.REASON of tries.
func (t *Teller) Counts() map[string]uint64 {
	t.counts.mu.Lock()
	defer t.counts.mu.Unlock()
	return maps.Clone(t.counts.of)
}

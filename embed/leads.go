package embed

import (
	"sync"
	"time"
)

// askPatience is how long the server may take to say whether it leads a stream. It takes
// microseconds, but it asks for a lock that the server holds while it writes to a disk.
const askPatience = 100 * time.Millisecond

// freshFor is how long an answer counts without another look: a busy node asks for each message.
const freshFor = time.Millisecond

// leads answers in time whether this node's server leads a stream: by what the server says, or by
// what it said last where it does not say. Its methods may be called concurrently.
type leads struct {
	ask func(stream string) bool // may take long

	mu     sync.Mutex // protects following
	known  map[string]*lead
	ended  bool
	asking sync.WaitGroup
}

// lead is what is known of one stream.
type lead struct {
	is       bool
	heard    time.Time     // when the server said so
	asked    time.Time     // when the question was asked that is open
	answered chan struct{} // closed when it is answered; nil where none is open
}

func newLeads(ask func(string) bool) *leads { return &leads{ask: ask, known: map[string]*lead{}} }

// of reports whether the server leads a stream. One question about a stream is open at a time.
func (l *leads) of(stream string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	one := l.known[stream]
	if one == nil {
		one = &lead{}
		l.known[stream] = one
	}
	if l.ended || time.Since(one.heard) < freshFor {
		return one.is
	}
	if one.answered == nil {
		l.begin(stream, one)
	}
	if answered, left := one.answered, askPatience-time.Since(one.asked); left > 0 {
		l.mu.Unlock()
		await(answered, left)
		l.mu.Lock()
	}
	return one.is
}

// begin asks the server. It is called with the lock held.
func (l *leads) begin(stream string, one *lead) {
	one.asked, one.answered = time.Now(), make(chan struct{})
	l.asking.Go(func() {
		is := l.ask(stream)
		l.mu.Lock()
		defer l.mu.Unlock()
		close(one.answered)
		one.is, one.heard, one.answered = is, time.Now(), nil
	})
}

// end waits until no question is open. From then on what was said last counts.
func (l *leads) end() {
	l.mu.Lock()
	l.ended = true
	l.mu.Unlock()
	l.asking.Wait()
}

func await(answered <-chan struct{}, limit time.Duration) {
	timer := time.NewTimer(limit)
	defer timer.Stop()
	select {
	case <-answered:
	case <-timer.C:
	}
}

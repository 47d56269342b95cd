package embed

import (
	"context"
	"fmt"
	"sync"
	"time"
)

// askPatience is how long the server may take to answer whether it leads a stream. Usually this
// takes microseconds, but it needs a lock that the server holds while it writes to a disk.
const askPatience = 100 * time.Millisecond

// freshFor is how long an answer is reused. A busy node asks for each message.
const freshFor = time.Millisecond

// leads answers within a bounded time whether this node's server leads a stream. It uses the
// server's answer or, if that does not come in time, the server's last answer. It also has the
// server step down, and waits for that within a bounded time. Its methods may be called
// concurrently.
type leads struct {
	ask  func(stream string) bool  // may take long
	quit func(stream string) error // steps down; may take long

	mu     sync.Mutex // protects following
	known  map[string]*lead
	ended  bool
	asking sync.WaitGroup
}

// lead holds the facts that are known about the leader of one stream.
type lead struct {
	is       bool
	heard    time.Time     // when the server answered
	asked    time.Time     // when the open question was asked
	answered chan struct{} // closed on the answer; nil if no question is open
	left     chan struct{} // closed once the server has stepped down or failed to; nil if not asked to
	err      error         // of the last step-down
}

func newLeads(ask func(string) bool, quit func(string) error) *leads {
	return &leads{ask: ask, quit: quit, known: map[string]*lead{}}
}

// of reports whether the server leads a stream. At most one question per stream is open at a
// time.
func (l *leads) of(stream string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	one := l.one(stream)
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

// one returns the lead of a stream, and makes it if there is none yet. The caller holds mu.
func (l *leads) one(stream string) *lead {
	if l.known[stream] == nil {
		l.known[stream] = &lead{}
	}
	return l.known[stream]
}

// begin asks the server. The caller holds mu.
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

// leave has the server step down from the lead of a stream, and waits for that until ctx ends. The
// server is not asked again while it has not done so.
func (l *leads) leave(ctx context.Context, stream string) error {
	l.mu.Lock()
	one := l.one(stream)
	if one.left == nil && !l.ended {
		one.left = make(chan struct{})
		l.asking.Go(func() {
			err := l.quit(stream)
			l.mu.Lock()
			defer l.mu.Unlock()
			close(one.left)
			one.left, one.err = nil, err
		})
	}
	left := one.left
	l.mu.Unlock()
	if left == nil {
		return fmt.Errorf("nats server: it has stopped, and no longer leads %s", stream)
	}
	select {
	case <-left:
		l.mu.Lock()
		defer l.mu.Unlock()
		return one.err
	case <-ctx.Done():
		return fmt.Errorf("nats server: it still has to step down from the lead of %s: %w", stream, ctx.Err())
	}
}

// end waits until no question is open. From then on the last answers count.
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

package jetstream

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"
)

const (
	clockSubject = "clock"
	clockEvery   = 5 * time.Second
	// clockWait is how long answers of other nodes are waited for.
	clockWait = time.Second
	// clockSlack is how far clocks may be apart. What time is good for here, slow mode and the like, counts in seconds.
	clockSlack = 2 * time.Second
)

// clock is what this node takes the time from, and how far it is off the others'.
type clock struct {
	now func() time.Time
	off atomic.Int64 // nanoseconds; 0 where it is not off
}

// telling is a node's clock, as it says itself.
type telling struct {
	Node string `json:"node"`
	Now  int64  `json:"now"` // Unix nanoseconds
}

// Clock is an error where this node's clock is off those of most of its peers. Then it leaves the lead to others: a message that is dated
// a day ahead would keep its channel on top of everybody's list for a day.
func (l *Log) Clock() error {
	switch off := time.Duration(l.clock.off.Load()).Round(time.Millisecond); {
	case off > 0:
		return fmt.Errorf("jetstream: this node's clock is %v behind those of its peers: set it right", off)
	case off < 0:
		return fmt.Errorf("jetstream: this node's clock is %v ahead of those of its peers: set it right", -off)
	default:
		return nil
	}
}

// watchClock tells other nodes this one's time, and compares it with theirs, until ctx ends.
func (l *Log) watchClock(ctx context.Context) {
	sub, err := l.conn.Subscribe(clockSubject, func(m *nats.Msg) {
		if body, err := json.Marshal(telling{l.writers.self, l.clock.now().UnixNano()}); err == nil {
			_ = m.Respond(body) // who does not get it asks again
		}
	})
	if err != nil {
		l.log.ErrorContext(ctx, "cannot compare clocks", "error", err)
		return
	}
	defer func() { _ = sub.Unsubscribe() }() // the connection may be closed by now
	tick := time.NewTicker(clockEvery)
	defer tick.Stop()
	for {
		offsets, err := l.compareClocks(ctx)
		if err == nil {
			l.judgeClock(ctx, offBy(offsets))
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

func (l *Log) judgeClock(ctx context.Context, off time.Duration) {
	was := l.clock.off.Swap(int64(off)) != 0
	if is := off != 0; is && !was {
		l.log.ErrorContext(ctx, "this node leads nothing until its clock is right", "error", l.Clock())
	} else if was && !is {
		l.log.InfoContext(ctx, "this node's clock is right again")
	}
}

// compareClocks asks all other nodes for their time, and returns by how much each is ahead of this one, as far as is certain: an
// answer was on its way for some of the time that it took, and half of that is the best guess.
func (l *Log) compareClocks(ctx context.Context) (offsets []time.Duration, err error) {
	answers := make(chan *nats.Msg, levelWords)
	inbox := l.conn.NewInbox()
	sub, err := l.conn.ChanSubscribe(inbox, answers)
	if err != nil {
		return nil, err
	}
	defer func() { _ = sub.Unsubscribe() }()
	began, at := time.Now(), l.clock.now()
	if err := l.conn.PublishRequest(clockSubject, inbox, nil); err != nil {
		return nil, err
	}
	enough := time.NewTimer(clockWait)
	defer enough.Stop()
	for {
		select {
		case m := <-answers:
			var t telling
			if json.Unmarshal(m.Data, &t) != nil || t.Node == "" || t.Node == l.writers.self {
				continue
			}
			half := time.Since(began) / 2
			offsets = append(offsets, beyondDoubt(time.Unix(0, t.Now).Sub(at.Add(half)), half))
		case <-enough.C:
			return offsets, nil
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// beyondDoubt is an offset, less what it may be wrong by.
func beyondDoubt(offset, doubt time.Duration) time.Duration {
	switch {
	case offset > doubt:
		return offset - doubt
	case offset < -doubt:
		return offset + doubt
	default:
		return 0
	}
}

// offBy is by how much others are ahead of this node, where its clock is the wrong one: where it differs from most clocks that
// there are, its own included. Of two nodes that differ nobody knows which is right.
func offBy(offsets []time.Duration) time.Duration {
	apart := 0
	for _, o := range offsets {
		if o.Abs() > clockSlack {
			apart++
		}
	}
	if 2*apart <= len(offsets)+1 {
		return 0
	}
	slices.Sort(offsets)
	return offsets[len(offsets)/2]
}

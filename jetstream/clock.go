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
	// clockWait is how long this node waits for the answers of other nodes.
	clockWait = time.Second
	// clockSlack is how far apart clocks may be. The features that use the time here, such as
	// slow mode, count in seconds.
	clockSlack = 2 * time.Second
)

// clock is the source of this node's time. It also holds how far this node's clock is off the
// others.
type clock struct {
	now func() time.Time
	off atomic.Int64 // nanoseconds; 0 if the clock is right
}

// telling is the time of a node's clock, as that node reports it.
type telling struct {
	Node string `json:"node"`
	Now  int64  `json:"now"` // Unix nanoseconds
}

// Clock returns an error if this node's clock is off the clocks of most of its peers. The node
// then leaves the lead to others. A message that is dated a day ahead would keep its channel on
// top of everybody's list for a day.
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

// watchClock tells other nodes the time of this one and compares it with theirs, until ctx
// ends.
func (l *Log) watchClock(ctx context.Context) {
	sub, err := l.conn.Subscribe(clockSubject, func(m *nats.Msg) {
		if body, err := json.Marshal(telling{l.self, l.clock.now().UnixNano()}); err == nil {
			_ = m.Respond(body) // a node that does not get the answer asks again
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

// compareClocks asks all other nodes for their time. It returns by how much each of their
// clocks is certainly ahead of this one. The time at which a node answered is not known
// exactly. The best guess is the middle of the round trip, which may be wrong by half of the
// round trip.
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
			if json.Unmarshal(m.Data, &t) != nil || t.Node == "" || t.Node == l.self {
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

// beyondDoubt returns the part of an offset that is certain: the offset without the doubt.
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

// offBy returns by how much the other nodes are ahead, if the clock of this node is the wrong
// one. It is wrong if it differs from most of all clocks, its own included. With two nodes that
// differ it cannot be known which one is right.
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

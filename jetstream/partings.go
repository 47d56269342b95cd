package jetstream

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"natterjack/jetstream/internal/pause"
	"natterjack/jetstream/receipts"
	"natterjack/jetstream/view"
)

const (
	// partPause is how long a cursor stays behind whose user has gone: what he has read last is on its way to the stream meanwhile.
	partPause = 1500 * time.Millisecond
	// maxPartings bounds those who wait to be forgotten.
	maxPartings = 1 << 16
)

// partings forget how far users had got in the channels of one shard that they are not in any more: who joins later sees nothing of
// them, and one who comes back begins with what he is shown then. Every node forgets for itself, and the one that leads the shard takes
// the cursor out of the stream. What is left behind where a node dies at that moment nobody sees, for only members' cursors are shown.
//
// An event tells that somebody has gone, and not that he is: a view that is being rebuilt comes past him once more. So they are asked
// for only once the view is level with its stream.
type partings struct {
	shard    int
	view     *view.View
	receipts *receipts.Store
	leads    func() bool
	level    func(context.Context) error // waits until the view is level with the stream
	wake     chan struct{}               // one token: somebody has gone
	log      *slog.Logger

	mu  sync.Mutex // protects following
	due map[parting]struct{}
}

// parting is who has gone from which channel.
type parting struct{ channel, user string }

func (l *Log) newPartings(shard int, leads func() bool) *partings {
	level := func(ctx context.Context) error {
		last, err := lastPos(ctx, l.js, shard)
		if err != nil {
			return err
		}
		return l.followers[shard].await(ctx, last)
	}
	return &partings{
		shard: shard, view: l.view, receipts: l.receipts, leads: leads, level: level, wake: make(chan struct{}, 1), log: l.log,
		due: map[parting]struct{}{},
	}
}

// note takes in who has gone by events that the view has applied.
func (p *partings) note(applied []view.Applied) {
	for i := range applied {
		for _, user := range applied[i].Parted {
			p.add(parting{applied[i].Channel, user})
		}
	}
}

func (p *partings) add(x parting) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.due) < maxPartings {
		p.due[x] = struct{}{}
		poke(p.wake)
	}
}

// run forgets until ctx ends.
func (p *partings) run(ctx context.Context) {
	for {
		select {
		case <-p.wake:
		case <-ctx.Done():
			return
		}
		if pause.For(ctx, partPause) != nil {
			return
		}
		if err := p.forget(ctx); err != nil && ctx.Err() == nil {
			p.log.DebugContext(ctx, "receipts of former members stay for now", "shard", p.shard, "error", err)
		}
	}
}

// forget forgets all who are due and have not come back. After an error those who are left are tried again.
func (p *partings) forget(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, resyncTimeout)
	defer cancel()
	p.mu.Lock()
	due := p.due
	p.due = map[parting]struct{}{}
	p.mu.Unlock()
	err := p.level(ctx)
	for x := range due {
		if err == nil {
			err = p.forgetOne(ctx, x)
		}
		if err != nil {
			p.add(x)
		}
	}
	return err
}

func (p *partings) forgetOne(ctx context.Context, x parting) error {
	st, err := p.view.Channel(x.channel)
	if err != nil || st.Member(x.user) {
		return err
	}
	return p.receipts.Forget(ctx, x.channel, x.user, p.leads())
}

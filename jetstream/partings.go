package jetstream

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"natterjack/jetstream/internal/pause"
	"natterjack/jetstream/internal/wake"
	"natterjack/jetstream/receipts"
	"natterjack/jetstream/view"
)

const (
	// partPause is how long the cursor of a user who left is kept. Their last receipt may still
	// be on its way to the stream during that time.
	partPause = 1500 * time.Millisecond
	// forgetTimeout bounds one deletion.
	forgetTimeout = 2 * time.Second
	// maxPartings bounds the users whose cursors wait to be deleted.
	maxPartings = 1 << 16
)

// partings delete the cursors of users who are not members of a channel any more, for the channels
// of one shard. A user who joins later sees nothing of those cursors. A user who comes back starts
// at the messages that they are shown then. The node that leads the shard writes the deletion to
// the stream, for all nodes. If that node dies at that moment, the cursor stays. It is not shown,
// because only members' cursors are.
//
// An event says that a user left. It does not say that the user is still gone: a view that is
// being rebuilt passes the event again. So membership is checked only once the view is level
// with its stream.
type partings struct {
	shard    int
	view     *view.View
	receipts *receipts.Store
	leads    func() bool
	level    func(context.Context) error // waits until the view is level with the stream
	wake     chan struct{}               // one token: a user left
	log      *slog.Logger

	mu  sync.Mutex // protects due
	due map[receipts.Parting]struct{}
}

func (l *Log) newPartings(shard int, leads func() bool) *partings {
	level := func(ctx context.Context) error { return l.awaitLevel(ctx, shard) }
	return &partings{
		shard: shard, view: l.view, receipts: l.receipts, leads: leads, level: level, wake: make(chan struct{}, 1), log: l.log,
		due: map[receipts.Parting]struct{}{},
	}
}

// note takes in the users who left by events that the view has applied.
func (p *partings) note(applied []view.Applied) {
	for i := range applied {
		for _, user := range applied[i].Parted {
			p.add(receipts.Parting{Channel: applied[i].Channel, User: user})
		}
	}
}

func (p *partings) add(x receipts.Parting) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.due) < maxPartings {
		p.due[x] = struct{}{}
		wake.Up(p.wake)
	}
}

// run deletes cursors until ctx ends.
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
			p.log.DebugContext(ctx, "receipts of former members could not be removed yet, and are tried again", "shard", p.shard, "error", err)
		}
	}
}

// forget deletes the cursors of the users in due, unless they have come back. After an error they
// are tried again.
func (p *partings) forget(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, forgetTimeout)
	defer cancel()
	p.mu.Lock()
	due := p.due
	p.due = map[receipts.Parting]struct{}{}
	p.mu.Unlock()
	err := p.forgetAll(ctx, due)
	if err != nil {
		for x := range due {
			p.add(x)
		}
	}
	return err
}

func (p *partings) forgetAll(ctx context.Context, due map[receipts.Parting]struct{}) error {
	if err := p.level(ctx); err != nil || !p.leads() {
		return err
	}
	var gone []receipts.Parting
	for x := range due {
		st, err := p.view.Channel(x.Channel)
		if err != nil {
			return err
		}
		if !st.Member(x.User) {
			gone = append(gone, x)
		}
	}
	return p.receipts.Forget(ctx, p.shard, gone)
}

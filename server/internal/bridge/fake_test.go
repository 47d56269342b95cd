package bridge

import (
	"context"
	"errors"
	"sync"

	"natterjack/jetstream"
	"natterjack/jetstream/operation"
	"natterjack/server/wire"
)

// fakeLog answers at once unless a func is set. Its cursors yield no events. It serves tests of
// behavior that the real log does not show on demand.
type fakeLog struct {
	fakeReceipts
	submit  func(user string, cmd wire.Change, done func(wire.Ack, error))
	follow  func(user string, resume *wire.Resume) (jetstream.Start, error)
	history func(ctx context.Context, user string, cmd *wire.History) ([][]byte, bool, error)
	charge  func(user string) error

	createGroup func(ctx context.Context) error
}

var _ Log = (*fakeLog)(nil)

func (l *fakeLog) Submit(user string, cmd wire.Change, done func(wire.Ack, error)) {
	if l.submit != nil {
		l.submit(user, cmd, done)
		return
	}
	done(wire.Ack{ClientID: cmd.Key(), Seq: 1, Pos: 1}, nil)
}

func (l *fakeLog) Refused(string, wire.Change, error) {}

func (l *fakeLog) Follow(_ *jetstream.Cursor, user string, resume *wire.Resume, _ jetstream.Waker) (jetstream.Start, error) {
	if l.follow != nil {
		return l.follow(user, resume)
	}
	return jetstream.Start{Epoch: "fake", Positions: make([]uint64, 8), Recovered: resume != nil}, nil
}

func (l *fakeLog) Member(string, string) bool { return false }

func (l *fakeLog) Charge(user string) error {
	if l.charge != nil {
		return l.charge(user)
	}
	return nil
}

func (l *fakeLog) AwaitSeen(context.Context, []wire.ShardPos) error { return nil }

// Operations returns a table with the few operations that tests of sessions need.
func (l *fakeLog) Operations() *operation.Table {
	t := operation.New(l)
	operation.Handle(t, func(ctx context.Context, _ operation.Caller, c wire.CreateGroup) (reply wire.Channel, err error) {
		if l.createGroup != nil {
			if err := l.createGroup(ctx); err != nil {
				return reply, err
			}
		}
		return wire.Channel{Channel: wire.ChannelInfo{Name: c.Name, Members: c.Members}}, nil
	})
	operation.Handle(t, func(ctx context.Context, c operation.Caller, cmd wire.History) (page wire.RawPage, err error) {
		page.Channel = cmd.Channel
		if l.history != nil {
			page.Events, page.More, err = l.history(ctx, c.User, &cmd)
		}
		return page, err
	})
	operation.Handle(t, func(context.Context, operation.Caller, wire.ListChannels) (wire.Channels, error) {
		return wire.Channels{Channels: []wire.ChannelInfo{}}, nil
	})
	operation.Handle(t, func(context.Context, operation.Caller, wire.Read) (done wire.Done, err error) {
		return done, errors.New("this log has no receipts")
	})
	return t
}

// held keeps sends unanswered until they are released.
type held struct {
	mu      sync.Mutex
	waiting []func()
}

func (h *held) submit(_ string, cmd wire.Change, done func(wire.Ack, error)) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.waiting = append(h.waiting, func() { done(wire.Ack{ClientID: cmd.Key()}, nil) })
}

func (h *held) release() {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, answer := range h.waiting {
		answer()
	}
	h.waiting = nil
}

// barrier holds pages back until it is released, and counts how many wait at once.
type barrier struct {
	release chan struct{}
	mu      sync.Mutex
	now     int
	most    int
}

func (g *barrier) history(ctx context.Context, _ string, _ *wire.History) ([][]byte, bool, error) {
	g.count(1)
	defer g.count(-1)
	select {
	case <-g.release:
		return nil, false, nil
	case <-ctx.Done():
		return nil, false, ctx.Err()
	}
}

func (g *barrier) running() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.now
}

func (g *barrier) count(d int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.now += d
	g.most = max(g.most, g.now)
}

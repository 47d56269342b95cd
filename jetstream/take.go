package jetstream

import (
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"time"

	"natterjack/jetstream/internal/lending"
	"natterjack/jetstream/view"
)

const (
	// takeAbove is how many events a view must be behind for this node to take another's.
	// Reading them takes some seconds.
	takeAbove = 100_000
	// takeLook is how long the engine may take to report the end of the log.
	takeLook = 2 * time.Second
)

// borrowed returns the properties in which two views must agree for one to replace the other.
func (l *Log) borrowed(o view.Options) string {
	return fmt.Sprintf("%s-%x", view.Name(o), sha256.Sum256([]byte(l.layout.slots.String())))
}

// takeView replaces this node's view by a view of another node, if this one is far behind or
// missing. If that fails, the view stays as it is and reads the log. A borrowed view may contain
// messages that its node has not erased yet. This node's eraser finds and erases that. Messages
// that the other node has erased from its files do not come over.
func (l *Log) takeView(ctx context.Context, v *view.View, dir string, o view.Options, above uint64) (*view.View, error) {
	have, behind := l.lacks(ctx, v)
	if above = cmp.Or(above, takeAbove); behind <= above {
		return v, nil
	}
	b := &lending.Borrower{Conn: l.conn, Name: l.borrowed(o), Log: l.log}
	loan, err := b.Borrow(ctx, have+above)
	if err != nil {
		l.log.InfoContext(ctx, "making the view from the log", "events", behind, "reason", err)
		return v, nil
	}
	l.log.InfoContext(ctx, "taking the view from another node", "events", behind, "bytes", loan.Size)
	if err := v.Close(); err != nil {
		return nil, errors.Join(err, loan.Return(ctx))
	}
	began := time.Now()
	err = view.Take(ctx, dir, o, loan.Size, loan.Fetch)
	if back := loan.Return(context.WithoutCancel(ctx)); back != nil {
		l.log.WarnContext(ctx, "the other node could not be told that its view is no longer needed; it will notice after a while", "error", back)
	}
	if err != nil {
		l.log.WarnContext(ctx, "the view of another node could not be taken; the log is read instead", "error", err)
	} else {
		l.log.InfoContext(ctx, "the view was taken from another node", "bytes", loan.Size, "took", time.Since(began).Round(time.Millisecond))
	}
	return view.Open(dir, o)
}

// lacks returns how many positions a view has, and how many it is behind the log, over all
// shards. If it cannot tell, it returns that the view is not behind.
func (l *Log) lacks(ctx context.Context, v *view.View) (have, behind uint64) {
	ctx, cancel := context.WithTimeout(ctx, takeLook)
	defer cancel()
	for shard := range l.layout.shards {
		last, err := lastPos(ctx, l.js, shard)
		if err != nil {
			return 0, 0
		}
		at := v.Position(shard)
		have += at
		behind += max(last, at) - at
	}
	return have, behind
}

// lendable is this node's view, for other nodes to borrow.
type lendable struct{ log *Log }

// Positions implements [lending.Source]. It returns nil if the view is not near the end of the
// log, because such a view is no help.
func (s lendable) Positions() []uint64 {
	select {
	case <-s.log.ready:
	default:
		return nil
	}
	if s.log.Rebuilt() != nil || s.log.view.Room() != nil {
		return nil
	}
	return s.log.positions()
}

// Lend implements [lending.Source].
func (s lendable) Lend() (string, error) { return s.log.view.Lend() }

// Return implements [lending.Source].
func (s lendable) Return() error { return s.log.view.Return() }

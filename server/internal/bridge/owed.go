package bridge

import (
	"context"
	"errors"
	"sync"
	"time"

	"natterjack/server/wire"
)

const (
	// defaultMaxOwed bounds the replies of a node that are read and not yet written.
	defaultMaxOwed = 128 << 20
	// owedPart is the part of the free bytes that one user may hold: an eighth. So one user holds a
	// ninth of all bytes at most, and the more users hold, the less each of them may. There is
	// always room for a user who holds nothing, unless some two hundred users read nothing.
	owedPart = 8
	// owedTimeout is how long a command waits for its user to read earlier replies.
	owedTimeout = 5 * time.Second
)

// owed counts the bytes of replies that are being read for clients, or are read and not yet
// written. A reply holds its bytes until the connection has taken them. So a user who asks and
// does not read is slowed down, and then refused, and other users do not notice. Small replies
// are not counted: see [wire.Operation.Weight]. Its methods may be called concurrently.
type owed struct {
	max int

	mu    sync.Mutex // protects following
	total int
	users map[string]*debt // users who hold anything
}

// debt counts the bytes that a user holds.
type debt struct {
	bytes int
	less  chan struct{} // closed when bytes become less; nil while no command waits for that
}

func newOwed(most int) *owed { return &owed{max: most, users: map[string]*debt{}} }

// hold reserves n bytes for a reply to a user. It waits while the user holds too much. If that
// takes too long, or if others hold too much, it returns why the command is refused.
func (o *owed) hold(ctx context.Context, user string, n int) error {
	if n == 0 {
		return nil
	}
	timeout, cancel := context.WithTimeout(ctx, owedTimeout)
	defer cancel()
	for {
		less, err := o.try(user, n)
		if less == nil {
			return err
		}
		select {
		case <-less:
		case <-timeout.Done():
			if errors.Is(ctx.Err(), context.Canceled) {
				return ctx.Err()
			}
			return wire.Errorf(wire.CodeTooFast, "too many replies to you are waiting to be read; read them on all your connections, or close the connections that do not read").After(retrySoon)
		}
	}
}

// try reserves n bytes, or returns a channel that is closed when trying again may help, or an
// error if it would not.
func (o *owed) try(user string, n int) (less <-chan struct{}, err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	d := o.users[user]
	if d == nil {
		d = new(debt)
	}
	switch {
	case owedPart*(d.bytes+n) <= o.max-o.total-n:
		d.bytes += n
		o.total += n
		o.users[user] = d
		return nil, nil
	case d.bytes == 0:
		return nil, wire.Errorf(wire.CodeUnavailable, "too many replies to all clients are waiting to be read on this node; try again later").After(retrySoon)
	case d.less == nil:
		d.less = make(chan struct{})
	}
	return d.less, nil
}

// settle makes a reservation as large as the reply has become.
func (o *owed) settle(user string, reserved, n int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if n > reserved {
		o.users[user].bytes += n - reserved // it holds something, as reserved is not 0
		o.total += n - reserved
		return
	}
	o.drop(user, reserved-n)
}

// give gives back n bytes.
func (o *owed) give(user string, n int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.drop(user, n)
}

// drop gives back n bytes. The caller holds mu.
func (o *owed) drop(user string, n int) {
	if n == 0 {
		return
	}
	d := o.users[user]
	d.bytes -= n
	o.total -= n
	if d.less != nil {
		close(d.less)
		d.less = nil
	}
	if d.bytes == 0 {
		delete(o.users, user)
	}
}

package jetstream

import (
	"cmp"
	"sync"
	"time"

	"natterjack/jetstream/rate"
	"natterjack/server/wire"
)

// rates limit the commands per second of each user, over all of their sessions on this node and
// all surfaces, because all commands pass through the log. A node counts the commands of its
// own clients. Commands that other nodes send it have been counted there.
type rates struct {
	mu    sync.Mutex // protects following
	users *rate.Buckets[string]
}

func newRates(l wire.Limits) *rates {
	return &rates{users: rate.NewBuckets[string](cmp.Or(l.UserCommandsPerS, wire.DefaultLimits().UserCommandsPerS))}
}

// Charge counts a command against its user's rate on this node, or refuses it. The methods of
// the log that take a command, or that start a cursor, do so themselves. Charge is for other
// work done for a user.
func (l *Log) Charge(user string) error { return l.rates.charge(time.Now(), user) }

func (r *rates) charge(now time.Time, user string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if wait := r.users.Take(now, user, 1); wait > 0 {
		return wire.Errorf(wire.CodeTooFast, "at most %d commands a second, from all of your sessions together", r.users.PerS()).After(wait)
	}
	return nil
}

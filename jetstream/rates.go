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
	mu       sync.Mutex // protects following
	users    *rate.Buckets[string]
	works    *rate.Buckets[string] // the work of commands beyond their own price
	scans    *rate.Buckets[string]
	searches *rate.Buckets[string]
}

// A resume looks at every membership of its user in the shards that have news, some 15 µs each, and
// each page of the replay looks at the memberships of its shard again. So resumes have a rate of
// their own, in memberships: 2,500 a second for a user, and 10,000 that were saved up. The clock of
// these buckets is slower, because a bucket saves up two seconds of its rate.
const (
	scansPerS  = 5000
	scanSlower = 2
)

// A search is charged by the entries that it has looked at: postings of the index, some 50 ns each,
// and messages. So a user may keep about a twentieth of a core busy with searches, and more for a
// moment.
const searchedPerS = 1_000_000

// The cost of a search, and the cost of some commands beyond their own price, is known only
// afterwards. A user may owe as much as comes back in such a time. Until it is paid, more is
// refused.
const (
	mostSearchDebt = 30 * time.Second
	mostWorkDebt   = 5 * time.Second
)

func newRates(l wire.Limits) *rates {
	commands := cmp.Or(l.UserCommandsPerS, wire.DefaultLimits().UserCommandsPerS)
	return &rates{
		users:    rate.NewBuckets[string](commands),
		works:    rate.NewOwing[string](commands, mostWorkDebt),
		scans:    rate.NewBuckets[string](scansPerS),
		searches: rate.NewOwing[string](searchedPerS, mostSearchDebt),
	}
}

// Charge counts a command against its user's rate on this node, or refuses it. The methods of
// the log that take a command, or that start a cursor, do so themselves. Charge is for other
// work done for a user.
func (l *Log) Charge(user string) error { return l.rates.charge(time.Now(), user) }

func (r *rates) charge(now time.Time, user string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	wait := r.works.Wait(now, user, 1)
	if wait == 0 {
		wait = r.users.Take(now, user, 1)
	}
	if wait > 0 {
		return wire.Errorf(wire.CodeTooFast, "at most %d commands a second, from all of your sessions together", r.users.PerS()).After(wait)
	}
	return nil
}

// scan counts the memberships that a resume of a user is going to look at, or refuses the resume.
func (r *rates) scan(now time.Time, user string, memberships int) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if wait := r.scans.Take(rate.Slower(now, scanSlower), user, memberships); wait > 0 {
		return wire.Errorf(wire.CodeTooFast, "you resume too often for a member of so many channels; wait, or connect without resume").After(wait * scanSlower)
	}
	return nil
}

// scanned counts memberships that were looked at for a user, and refuses nothing.
func (r *rates) scanned(now time.Time, user string, memberships int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.scans.Drain(rate.Slower(now, scanSlower), user, memberships)
}

// worked counts work for a user that their command did beyond its own price, in commands. It
// refuses nothing: the next commands are refused until it is paid for.
func (r *rates) worked(now time.Time, user string, commands int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.users.Drain(now, user, commands)
	r.works.Drain(now, user, commands)
}

// Spend counts the entries that a search of a user has looked at. With 0 it refuses the search of a
// user who has spent too much.
func (l *Log) Spend(user string, work int) error { return l.rates.spend(time.Now(), user, work) }

func (r *rates) spend(now time.Time, user string, work int) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if work > 0 {
		r.searches.Drain(now, user, work)
		return nil
	}
	if wait := r.searches.Take(now, user, 1); wait > 0 {
		return wire.Errorf(wire.CodeTooFast, "you search too much; wait, or ask for something more particular").After(wait)
	}
	return nil
}

package bridge

import (
	"maps"
	"sync"
	"time"

	"natterjack/jetstream/rate"
	"natterjack/server/wire"
)

const (
	// rubbishCost is how many refusals a frame counts for that is no valid command. An honest
	// client sends none.
	rubbishCost   = 4
	leastRefusals = 100 // a second: as many as a client may have in flight, and a few more
	// tooFastFor is how long a user may go on, without a pause, at more than twice the allowed
	// rate. Then the session is closed.
	tooFastFor = 5 * time.Second
	// breather is the pause that ends such a time. It is longer than a held session waits.
	breather = time.Second
	// rest is how long a refused user is told to wait. After it everything is paid for.
	rest = 2 * time.Second
	// A user whose session was closed for this is refused for a while. The time doubles with each
	// time that this happens again before it is forgotten.
	firstBar     = 5 * time.Second
	longestBar   = 5 * time.Minute
	barForgotten = 10 * time.Minute
)

// offenders hold back users whose frames are refused again and again. To refuse a frame costs
// the server as much as to answer one. An honest client that is too fast waits as it was told,
// so it gets fewer refusals than it may send commands. A user with more refusals than that is
// read more slowly: the frames wait at their sender. The methods may be called concurrently.
type offenders struct {
	perS int // refusals that cost nothing

	mu    sync.Mutex // protects following
	users map[string]*offender
	swept time.Time
}

type offender struct {
	paidAt time.Time     // when the refusals so far are paid for
	since  time.Time     // the beginning of the time in which the user had to be held back
	last   time.Time     // the end of it so far
	until  time.Time     // the user is refused until then
	bar    time.Duration // how long the user was last refused
}

func newOffenders(l wire.Limits) *offenders {
	return &offenders{perS: max(l.UserCommandsPerS, l.CommandsPerS, leastRefusals), users: map[string]*offender{}}
}

// refused counts refused frames of a user. It returns how long to read nothing from the user.
// Out is true if the session is to be closed.
func (o *offenders) refused(now time.Time, user string, cost int) (hold time.Duration, out bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	u := o.users[user]
	if u == nil {
		o.sweep(now)
		u = &offender{}
		o.users[user] = u
	}
	if u.paidAt.Before(now) {
		u.paidAt = now
	}
	u.paidAt = u.paidAt.Add(time.Duration(cost) * time.Second / time.Duration(o.perS))
	if hold = u.paidAt.Sub(now) - rate.Burst; hold <= 0 {
		return 0, false
	}
	if now.Sub(u.last) > breather {
		u.since = now
	}
	if u.last = now.Add(hold); u.last.Sub(u.since) < tooFastFor {
		return hold, false
	}
	u.banish(now)
	return 0, true
}

func (u *offender) banish(now time.Time) {
	if now.Before(u.until) {
		return // another session of the same flood
	}
	u.bar = min(max(2*u.bar, firstBar), longestBar)
	u.until = now.Add(u.bar)
	u.paidAt = now
}

// barred returns an error while a user is refused.
func (o *offenders) barred(now time.Time, user string) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	u := o.users[user]
	if u == nil || !now.Before(u.until) {
		return nil
	}
	return wire.Errorf(wire.CodeTooFast, "you sent far more than is allowed for several seconds; wait, and try again later").After(u.until.Sub(now))
}

// sweep forgets users who have not offended for long. The caller holds mu.
func (o *offenders) sweep(now time.Time) {
	if now.Sub(o.swept) < time.Minute {
		return
	}
	o.swept = now
	maps.DeleteFunc(o.users, func(_ string, u *offender) bool {
		return now.Sub(u.paidAt) > barForgotten && now.Sub(u.until) > barForgotten
	})
}

// waitHeld waits until the session may be read again. It reports whether the session goes on.
func (s *session) waitHeld() bool {
	for {
		wait := time.Duration(s.held.Load() - time.Now().UnixNano())
		if wait <= 0 {
			return true
		}
		room, ok := s.roomOrEnd()
		if !ok {
			return false
		}
		timer := time.NewTimer(wait)
		select {
		case <-timer.C:
		case <-room: // or the session ends
		}
		timer.Stop()
	}
}

// roomOrEnd returns a channel that is closed when the session ends, if not before.
func (s *session) roomOrEnd() (room <-chan struct{}, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.code != 0 || s.ended {
		return nil, false
	}
	if s.room == nil {
		s.room = make(chan struct{})
	}
	return s.room, true
}

package rate

import (
	"math"
	"time"
)

// Shares limits names that several users share, such as the channels of their members. All users of
// a name together may take perS tokens a second, and save up the tokens of a [Burst]. How much of
// that one user may take follows from how much the users took of late: a user who has taken much
// leaves room for users who have taken little. It is not for concurrent use.
//
// The rule is that of shared buffers with a dynamic threshold (Choudhury and Hahne, 1998). A user
// may take if their own use is at most the free tokens divided by the number of active users. A
// single user so stops at half of the tokens. A second one leaves a third free, a third one a
// quarter. While k users take as much as they can, half of the tokens stay free, and a user who has
// taken nothing of late gets through at once. Equal fixed shares would need to know the users
// beforehand. Without any rule, fast users take everything.
type Shares[Name, User comparable] struct {
	perS       int
	young, old map[Name]*shared[User]
	turned     time.Time // when young became old
}

// shared is the use of one name. Use goes back in proportion: of the tokens that come back to the
// name, each user gets the part that they have of its use. So a user's use is their number times
// one factor for all, and nothing has to be updated as time passes.
type shared[User comparable] struct {
	at   int64   // Unix nanoseconds, the time to which used belongs
	used float64 // tokens that were taken and have not come back
	fade float64 // logarithm of the factor by which uses have shrunk
	by   map[User]use
	// active is how many users count as active: those of the last count, and those who came since
	// then. Counting costs as much as there are users, so it is not done for each token.
	active    int
	uncounted int // tokens that were asked for since the last count
}

// use is how many tokens one user has taken: n when the name's fade was at.
type use struct{ n, at float64 }

// least is the use, in tokens, below which a user counts as one who takes nothing.
const least = 0.25

// NewShares creates shares of perS tokens a second, at least 1.
func NewShares[Name, User comparable](perS int) *Shares[Name, User] {
	return &Shares[Name, User]{perS: perS, young: map[Name]*shared[User]{}}
}

// PerS returns the rate of all users of a name together.
func (s *Shares[Name, User]) PerS() int { return s.perS }

// Len returns how many names are remembered.
func (s *Shares[Name, User]) Len() int { return len(s.young) + len(s.old) }

// Take takes n tokens of a name for a user, or all tokens if n is more than a name has. If the
// user may not take them now, Take takes nothing and returns how long until the user may,
// provided that nobody takes any meanwhile. Nothing comes back while the clock is behind an
// earlier time, for a [Burst] at most.
func (s *Shares[Name, User]) Take(now time.Time, name Name, user User, n int) (wait time.Duration) {
	sh := s.of(now, name)
	perS := float64(s.perS)
	all := perS * Burst.Seconds()
	sh.pass(now.UnixNano(), perS)
	sh.count()
	own := sh.useOf(user)
	active := float64(sh.active)
	if own < least {
		active++
	}
	want := min(float64(n), all)
	if over := active*own - (all - sh.used - want); over > 0 {
		back := perS
		if sh.used > 0 {
			back += perS * active * own / sh.used
		}
		return time.Duration(math.Ceil(over/back*float64(time.Second))) + time.Microsecond
	}
	if own < least {
		sh.active++
	}
	sh.used += want
	sh.by[user] = use{own + want, sh.fade}
	return 0
}

// of returns the use of a name. Once in two Bursts a name that took nothing is forgotten: all of
// its tokens are back by then.
func (s *Shares[Name, User]) of(now time.Time, name Name) *shared[User] {
	if age := now.Sub(s.turned); age >= Burst || age < 0 || len(s.young) >= maxNames {
		s.old, s.young = s.young, make(map[Name]*shared[User], len(s.young))
		s.turned = now
	}
	sh := s.young[name]
	if sh == nil {
		if sh = s.old[name]; sh == nil {
			sh = &shared[User]{at: now.UnixNano(), by: map[User]use{}}
		}
		s.young[name] = sh
		delete(s.old, name)
	}
	return sh
}

// pass gives back the tokens that have come back by now.
func (sh *shared[User]) pass(now int64, perS float64) {
	back := perS * time.Duration(now-sh.at).Seconds()
	sh.at = now
	switch {
	case back <= 0:
	case back >= sh.used:
		sh.used, sh.fade, sh.active, sh.uncounted = 0, 0, 0, 0
		clear(sh.by)
	default:
		sh.fade += math.Log1p(-back / sh.used)
		sh.used -= back
	}
}

// useOf returns how many tokens a user has taken that have not come back.
func (sh *shared[User]) useOf(user User) float64 {
	u := sh.by[user]
	return u.n * math.Exp(sh.fade-u.at)
}

// count counts the active users, and forgets the others. It does so once for every few tokens
// that are asked for, the more the more users there are.
func (sh *shared[User]) count() {
	if sh.uncounted++; sh.uncounted <= len(sh.by)/8 {
		return
	}
	sh.uncounted, sh.active = 0, 0
	for user, u := range sh.by {
		if u.n*math.Exp(sh.fade-u.at) < least {
			delete(sh.by, user)
		} else {
			sh.active++
		}
	}
}

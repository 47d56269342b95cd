package presence

import (
	"sync"
	"time"

	"natterjack/server/wire"
)

// rank orders the states of a user that others may see.
type rank uint8

const (
	offline rank = iota
	away
	online
	unsure // it is unknown whether the last write was stored
)

func rankOf(s wire.PresenceState) rank {
	switch s {
	case wire.PresenceOnline:
		return online
	case wire.PresenceAway:
		return away
	default:
		return offline
	}
}

func (r rank) state() wire.PresenceState {
	switch r {
	case online:
		return wire.PresenceOnline
	case away:
		return wire.PresenceAway
	default:
		return wire.PresenceOffline
	}
}

// local holds the users of this node, with their sessions on it. A changed state is written
// some time later, and not at all if the change was undone by then. There is one exception: a
// user who comes and goes several times in a row is written as online, however short each visit
// was. Its methods may be called concurrently.
type local struct {
	times times
	began time.Time     // writes are counted from here; a clock that is set changes nothing
	wake  chan struct{} // something is due earlier than known before
	// hiding asks to tell other nodes which users are invisible.
	hiding chan struct{}

	mu     sync.Mutex // protects the fields below
	users  map[string]*person
	hidden map[string]struct{} // users with an invisible session
	duties uint32              // number of duties created so far
	agenda agenda[duty]
}

// person is one user of this node.
type person struct {
	sessions  [online + 1]uint32 // by rank; invisible sessions count as offline
	written   rank
	glimpsed  rank          // the state that a visit before this moment would have had, until gone
	returned  bool          // the user came again before that: the short visit counts
	due       uint32        // number of the duty that is to write; 0 if there is nothing to write
	writtenAt time.Duration // since local.began
	seen      int64         // when a visible session that has left was last heard, Unix milliseconds
	gone      time.Time
}

// duty is the task of writing a user's state, unless another duty has replaced it.
type duty struct {
	user   string
	number uint32
}

func newLocal(t times) *local {
	return &local{times: t, began: time.Now(), wake: make(chan struct{}, 1), hiding: make(chan struct{}, 1), users: map[string]*person{}, hidden: map[string]struct{}{}}
}

// want returns the state that others are to see.
func (p *person) want() rank {
	for r := online; r > offline; r-- {
		if p.sessions[r] > 0 {
			return r
		}
	}
	return offline
}

// wantAt returns the state that others are to see at a time, short visits included.
func (p *person) wantAt(now time.Time) rank {
	if p.returned && now.Before(p.gone) {
		return max(p.want(), p.glimpsed)
	}
	return p.want()
}

// connected reports whether a user has sessions on this node, visible or not.
func (l *local) connected(user string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	p := l.users[user]
	return p != nil && p.sessions != [online + 1]uint32{}
}

// active reports whether a user has a session on this node that is not away. Whether an invisible
// session is open is not known to others.
func (l *local) active(user string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	p := l.users[user]
	return p != nil && p.sessions[online]+p.sessions[offline] > 0
}

// change lets f change a user's sessions. atOnce means that the user asked for the change, so
// it is written without delay, and short visits before it do not count.
func (l *local) change(user string, atOnce bool, f func(p *person)) {
	now := time.Now()
	l.mu.Lock()
	defer l.mu.Unlock()
	p := l.users[user]
	if p == nil {
		p = new(person)
		l.users[user] = p
	}
	before, rising := p.want(), p.due != 0 && p.wantAt(now) > p.written
	f(p)
	l.noteHidden(user, p)
	if atOnce {
		p.glimpsed, p.returned = offline, false
	}
	switch want := p.want(); {
	case want == p.written && before > want && rising && !atOnce:
		l.glimpse(user, p, before, now)
	case want == p.written:
		p.due = 0
		l.tidy(user, p)
	case atOnce || p.written == unsure:
		l.schedule(user, p, now)
	case want < p.written:
		l.schedule(user, p, now.Add(l.times.linger))
	case !rising:
		p.returned = p.glimpsed > offline && now.Before(p.gone)
		l.schedule(user, p, now.Add(l.times.settle))
	}
}

// glimpse notes that a user has left before their coming was written. One such visit is not shown
// to others. If it is not the first, writes that are due stay due.
func (l *local) glimpse(user string, p *person, as rank, now time.Time) {
	p.glimpsed, p.gone = as, now.Add(l.times.linger)
	if !p.returned {
		l.schedule(user, p, p.gone) // to forget it
	}
}

func (l *local) schedule(user string, p *person, at time.Time) {
	if l.duties++; l.duties == 0 { // 0 stands for no duty
		l.duties++
	}
	p.due = l.duties
	l.agenda.add(at, duty{user, p.due})
	select {
	case l.wake <- struct{}{}:
	default:
	}
}

// tidy removes a user who has no sessions on this node any more.
func (l *local) tidy(user string, p *person) {
	if p.sessions == [online + 1]uint32{} && p.due == 0 && p.written == offline {
		delete(l.users, user)
	}
}

// write is a state to be written for a user.
type write struct {
	user  string
	state rank
	since int64 // Unix milliseconds; for offline, when the user was last heard
}

// due returns up to n writes that are due, and assumes that they will succeed. wait is the time
// until more are due.
func (l *local) due(now time.Time, n int) (writes []write, wait time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for len(writes) < n {
		d, ok := l.agenda.take(now)
		if !ok {
			break
		}
		p := l.users[d.user]
		if p == nil || p.due != d.number { // it was postponed or has become unnecessary
			continue
		}
		p.due = 0
		if want := p.wantAt(now); want != p.written {
			p.written, p.writtenAt = want, now.Sub(l.began)
			writes = append(writes, write{d.user, want, p.since(want, now)})
			if p.want() < want { // the user has left again
				l.schedule(d.user, p, p.gone)
			}
		}
		p.glimpsed, p.returned = offline, false
		l.tidy(d.user, p)
	}
	return writes, l.agenda.wait(now)
}

// heard notes when a session that others see, or saw until now, was heard. The activity of an
// invisible session is not told to others.
func (p *person) heard(as rank, at time.Time) {
	if as > offline {
		p.seen = max(p.seen, at.UnixMilli())
	}
}

// since returns since when a user is in a state.
func (p *person) since(state rank, now time.Time) int64 {
	if state == offline && p.seen != 0 {
		return p.seen
	}
	return now.UnixMilli()
}

// failed schedules writes again of which it is unknown whether they were stored.
func (l *local) failed(writes []write) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, w := range writes {
		p := l.users[w.user]
		if p == nil {
			p = &person{seen: w.since}
			l.users[w.user] = p
		}
		p.written = unsure
		l.schedule(w.user, p, time.Now().Add(l.times.retry))
	}
}

// again schedules a new write for all visible users who were last written before a time.
func (l *local) again(before time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for user, p := range l.users {
		if p.want() > offline && p.written > offline && p.writtenAt < before.Sub(l.began) {
			p.written = unsure
			l.schedule(user, p, time.Now())
		}
	}
}

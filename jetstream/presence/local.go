package presence

import (
	"sync"
	"time"

	"natterjack/server/wire"
)

// rank orders what others may be told of somebody.
type rank uint8

const (
	offline rank = iota
	away
	online
	unsure // what was written may not be there
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

// local is the users of this node, by their sessions here. A change becomes due when it is to be written, and is forgotten where it has
// been undone by then. Its methods may be called concurrently.
type local struct {
	times times
	wake  chan struct{} // something is due earlier than what was known

	mu     sync.Mutex // protects following
	users  map[string]*person
	duties uint32 // given out so far
	agenda agenda[duty]
}

// person is one user of this node.
type person struct {
	sessions  [online + 1]uint32 // by rank; the invisible are offline
	written   rank
	due       uint32 // the number of the duty that is to write; 0 where there is nothing to write
	writtenAt int64  // Unix milliseconds
}

// duty is to write what is to be seen of a user, unless another has taken its place.
type duty struct {
	user   string
	number uint32
}

func newLocal(t times) *local {
	return &local{times: t, wake: make(chan struct{}, 1), users: map[string]*person{}}
}

// want is what others are to see.
func (p *person) want() rank {
	for r := online; r > offline; r-- {
		if p.sessions[r] > 0 {
			return r
		}
	}
	return offline
}

// change lets f change somebody's sessions. At once: it was the user's express wish.
func (l *local) change(user string, atOnce bool, f func(p *person)) {
	now := time.Now()
	l.mu.Lock()
	defer l.mu.Unlock()
	p := l.users[user]
	if p == nil {
		p = new(person)
		l.users[user] = p
	}
	rising := p.due != 0 && p.want() > p.written
	f(p)
	switch want := p.want(); {
	case want == p.written:
		p.due = 0
		l.tidy(user, p)
	case atOnce || p.written == unsure:
		l.schedule(user, p, now)
	case want < p.written:
		l.schedule(user, p, now.Add(l.times.linger))
	case !rising:
		l.schedule(user, p, now.Add(l.times.settle))
	}
}

func (l *local) schedule(user string, p *person, at time.Time) {
	if l.duties++; l.duties == 0 { // it stands for none
		l.duties++
	}
	p.due = l.duties
	l.agenda.add(at, duty{user, p.due})
	select {
	case l.wake <- struct{}{}:
	default:
	}
}

// tidy forgets who is not here any more.
func (l *local) tidy(user string, p *person) {
	if p.sessions == [online + 1]uint32{} && p.due == 0 && p.written == offline {
		delete(l.users, user)
	}
}

// write is what is to be written of a user.
type write struct {
	user  string
	state rank
}

// due takes up to n writes that are due, as if they had succeeded, and says how long there is nothing more to do then.
func (l *local) due(now time.Time, n int) (writes []write, wait time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for len(writes) < n {
		d, ok := l.agenda.take(now)
		if !ok {
			break
		}
		p := l.users[d.user]
		if p == nil || p.due != d.number { // it was put off, or came to nothing
			continue
		}
		p.due = 0
		if want := p.want(); want != p.written {
			p.written, p.writtenAt = want, now.UnixMilli()
			writes = append(writes, write{d.user, want})
		}
		l.tidy(d.user, p)
	}
	return writes, l.agenda.wait(now)
}

// failed has writes done again: whether they were done is not known.
func (l *local) failed(writes []write) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, w := range writes {
		p := l.users[w.user]
		if p == nil {
			p = new(person)
			l.users[w.user] = p
		}
		p.written = unsure
		l.schedule(w.user, p, time.Now().Add(l.times.retry))
	}
}

// again has everybody written again whom others should see, and who was last written before a time.
func (l *local) again(before time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for user, p := range l.users {
		if p.want() > offline && p.written > offline && p.writtenAt < before.UnixMilli() {
			p.written = unsure
			l.schedule(user, p, time.Now())
		}
	}
}

package gate

import "time"

// entry is a connection as the gate counts it, or a request that came through a trusted proxy. The
// gate's lock protects it. It is small, because each idle session has one. The entry of a session
// has no links.
type entry struct {
	at    [2]*place // its address and its prefix; nil if it has none, or is not counted
	since int64     // when it got into its state, Unix nanoseconds
	state state
	check bool  // a guest whose token is being checked
	asked uint8 // requests since it last signed in, up to freeRequests
	slot  bool  // it is a connection, and not one of a proxy's requests
	cut   cutter
	links *links // nil while it is in no list
}

// cutter ends the connection that an entry counts. Cut is called without the gate's lock.
type cutter interface{ Cut() }

type state uint8

const (
	outside  state = iota // not counted, or not any more
	guest                 // has not signed in
	signedIn              // has signed in, or belongs to a proxy
	idle                  // has signed in once, and is between two requests
)

// The lists in which a guest is. An idle connection is in one list only, by its first link.
const (
	ofAll = iota
	ofAddress
	ofPrefix
)

// links are the neighbours of an entry in each list. An entry that is in none does without.
type links [3]link

type link struct{ before, after *entry }

// list is a list of entries in the order in which they came.
type list struct {
	kind        int
	first, last *entry
	n           int
}

func (l *list) add(e *entry) {
	if e.links == nil {
		e.links = new(links)
	}
	e.links[l.kind].before = l.last
	if l.last == nil {
		l.first = e
	} else {
		l.last.links[l.kind].after = e
	}
	l.last = e
	l.n++
}

func (l *list) remove(e *entry) {
	at := &e.links[l.kind]
	if at.before == nil {
		l.first = at.after
	} else {
		at.before.links[l.kind].after = at.after
	}
	if at.after == nil {
		l.last = at.before
	} else {
		at.after.links[l.kind].before = at.before
	}
	*at = link{}
	l.n--
}

// oldest returns the oldest entry whose place may be taken, or nil. With slots set it returns a
// connection only.
func (l *list) oldest(now time.Time, slots bool) *entry {
	e := l.first
	for range lookAt {
		if e == nil || e.age(now) < silentFor {
			return nil
		}
		if (e.slot || !slots) && (!e.check || e.age(now) >= checkedFor) {
			return e
		}
		e = e.links[l.kind].after
	}
	return nil
}

func (e *entry) age(now time.Time) time.Duration { return time.Duration(now.UnixNano() - e.since) }

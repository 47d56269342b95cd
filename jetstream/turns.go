package jetstream

import (
	"cmp"
	"hash/maphash"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"natterjack/jetstream/channel"
	"natterjack/server/wire"
)

const (
	// holdFor is how long a refusal holds back what its sender says next in the channel: longer than
	// the word of it is on its way to almost anybody, and than what the sender said before is on its
	// way here.
	holdFor = 2 * time.Second
	// maxHolds is how many refusals a lane remembers. Beyond it the oldest is forgotten.
	maxHolds = 8192
	// maxLine is how many refused commands stand in one line: many times what a session may have in
	// flight.
	maxLine = 1024
)

// turns keep the order of what one user sends to one channel where some of it is refused for now,
// as too fast or for lack of a writer. The sender is to try such a command again, and has said more
// by then, without having heard of the refusal. What comes behind the refused one is refused with
// it: all of it stands in line and is let in again in the order in which it came first. Whoever
// does not come back is waited for no longer than [holdFor]. After that what is said is said by
// somebody who has heard of the refusal, and goes its way.
//
// A lane's turns are of what it has answered. They cost a look at one flag where nothing was
// refused of late. Methods may be called concurrently, and on nil.
type turns struct {
	some atomic.Bool // there may be any

	wait time.Duration // [holdFor], unless configured

	mu   sync.Mutex // protects following
	of   map[memberOf]*hold
	made []*hold // the oldest first; those that are replaced or over are no longer in the map
}

// hold is the line of one user in one channel.
type hold struct {
	who   memberOf
	until time.Time // what may wait in the lane for longer than this came too late to be held
	why   *wire.Error
	line  []turn // ascending by place, and never empty
}

// turn is the place of a command in a line: where it was among the lane's commands when it came
// first.
type turn struct {
	id    uint64 // its client id, hashed
	place uint64
}

// ids are hashed: a line holds no text of a client's.
var ids = maphash.MakeSeed()

func (c *command) hash() uint64 { return maphash.String(ids, c.clientID) }

// inLine reports whether a command keeps its place. What takes away or protects goes past
// everything, and what has no name of its client's could not come again.
func (c *command) inLine() bool { return !c.unnamed && channel.Adds(c.change) }

// held returns why a command may not go now: it is behind one that was refused.
func (h *turns) held(c *command) error {
	if h == nil || !h.some.Load() || !c.inLine() {
		return nil
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	who := memberOf{c.channel, c.user}
	l := h.of[who]
	switch {
	case l == nil || c.place < l.line[0].place:
		return nil
	case !c.deadline.Before(l.until):
		delete(h.of, who)
		return nil
	case l.line[0].id == c.hash():
		c.place = l.line[0].place
		h.leave(l, 0)
		return nil
	}
	l.join(c)
	return l.why
}

// answered notes what a command was told, before it is told.
func (h *turns) answered(c *command, err error) {
	if h == nil || err == nil && !h.some.Load() || !c.inLine() {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	who := memberOf{c.channel, c.user}
	l := h.of[who]
	e := wire.AsError(err, 0)
	switch {
	case err == nil || !e.Retryable:
		if l != nil {
			h.leave(l, l.index(c.hash()))
		}
	case l == nil || !c.deadline.Before(l.until):
		h.begin(&hold{who: who, why: behind(e), line: []turn{{c.hash(), c.place}}})
	default:
		if l.join(c); l.line[0].id == c.hash() {
			h.begin(&hold{who: who, why: behind(e), line: l.line})
		}
	}
}

// behind is what those are told that stand behind one that was told e. None of them is stored,
// whatever is known of that one.
func behind(e *wire.Error) *wire.Error {
	const text = "an earlier command to this channel was refused, and this one would overtake it; nothing was stored, retry both in their order"
	code := e.Code
	switch code {
	case wire.CodeTooFast, wire.CodeStorageFull:
	default:
		code = wire.CodeUnavailable
	}
	out := wire.Errorf(code, text)
	out.RetryAfter, out.Channel = e.RetryAfter, e.Channel
	return out
}

// begin lets a line wait for its first from now on. The caller holds mu, here and below.
func (h *turns) begin(l *hold) {
	now := time.Now()
	l.until = now.Add(h.wait + commandTimeout)
	if h.of == nil {
		h.of = map[memberOf]*hold{}
	}
	h.of[l.who] = l
	h.made = append(h.made, l)
	h.some.Store(true)
	h.prune(now)
}

// leave takes the i-th out of a line.
func (h *turns) leave(l *hold, i int) {
	if i < 0 {
		return
	}
	if l.line = slices.Delete(l.line, i, i+1); len(l.line) == 0 {
		delete(h.of, l.who)
	}
}

func (l *hold) index(id uint64) int {
	return slices.IndexFunc(l.line, func(t turn) bool { return t.id == id })
}

// join puts a command into a line. One that is there keeps the earlier of its places: it may have
// come twice.
func (l *hold) join(c *command) {
	t := turn{c.hash(), c.place}
	if i := l.index(t.id); i >= 0 {
		t.place = min(t.place, l.line[i].place)
		l.line = slices.Delete(l.line, i, i+1)
	}
	if len(l.line) >= maxLine {
		return
	}
	at, _ := slices.BinarySearchFunc(l.line, t, func(a, b turn) int { return cmp.Compare(a.place, b.place) })
	l.line = slices.Insert(l.line, at, t)
}

// prune forgets what can hold nothing any more, and the oldest where there are too many.
func (h *turns) prune(now time.Time) {
	n := 0
	for n < len(h.made) && (len(h.made)-n > maxHolds || now.After(h.made[n].until)) {
		if l := h.made[n]; h.of[l.who] == l {
			delete(h.of, l.who)
		}
		n++
	}
	clear(h.made[:n])
	if h.made = h.made[n:]; len(h.made) == 0 {
		h.made = nil
		h.some.Store(false)
	}
}

// tick prunes now and then.
func (h *turns) tick(now time.Time) {
	if h.some.Load() {
		h.mu.Lock()
		defer h.mu.Unlock()
		h.prune(now)
	}
}

// sift answers those of a round that are held, and returns the others.
func (h *turns) sift(round []*command) []*command {
	if !h.some.Load() {
		return round
	}
	rest := round[:0]
	for _, c := range round {
		err := h.held(c)
		switch {
		case err == nil:
			rest = append(rest, c)
		case c.tried:
			c.answer(wire.Ack{}, c.overdue())
		default:
			c.answer(wire.Ack{}, err)
		}
	}
	return rest
}

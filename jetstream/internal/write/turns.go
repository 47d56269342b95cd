package write

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
	// holdFor is how long a refusal holds back the sender's next commands in the channel. It is
	// longer than the refusal takes to reach almost any sender, and longer than the sender's
	// earlier commands take to arrive here.
	holdFor = 2 * time.Second
	// maxHolds bounds the refusals that a lane remembers. Beyond it the oldest is forgotten.
	maxHolds = 8192
	// maxLine bounds the refused commands in one line. It is many times the number of sends that a
	// session may have in flight.
	maxLine = 1024
)

// turns keep the order of one user's commands in one channel when some of them are refused for now:
// as too fast, or because there is no writer. The sender will try such a command again. By then
// they may have sent more commands, before the refusal reached them. Those commands are refused
// too. All of them stand in line, and are let in again in the order in which they first came. The
// line waits no longer than [holdFor] for a sender. The sender of a command that comes after that
// knows of the refusal, so it is not held.
//
// The turns of a lane cover the commands that this lane has answered. If nothing was refused lately
// they cost a look at one flag. Methods may be called concurrently, and on nil.
type turns struct {
	some atomic.Bool // false if nothing is held

	wait time.Duration // [holdFor], unless configured

	mu   sync.Mutex // protects of and made
	of   map[memberOf]*hold
	made []*hold // the oldest first; may contain holds that were replaced or are over, which of does not
}

// hold is the line of one user in one channel.
type hold struct {
	who   memberOf
	until time.Time // a command with a later deadline came too late to be held
	why   *wire.Error
	line  []turn // ascending by place, never empty
}

// turn is the place of a command in a line: its place among the lane's commands when it first
// came.
type turn struct {
	id    uint64 // hash of its client id
	place uint64
}

// ids is the seed of the hashes. Ids are hashed so that a line holds no text of a client's.
var ids = maphash.MakeSeed()

func (c *Command) hash() uint64 { return maphash.String(ids, c.clientID) }

// inLine reports whether a command keeps its place. A command that removes things or protects a
// user passes everything. A command without a client id of its own cannot come again.
func (c *Command) inLine() bool { return !c.unnamed && channel.Adds(c.change) }

// held returns an error if a command may not go now, because it is behind one that was refused.
func (h *turns) held(c *Command) error {
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

// answered notes the answer to a command, before it is sent.
func (h *turns) answered(c *Command, err error) {
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

// behind returns the error for the commands that stand behind one that was answered with e. None of
// them is stored, even if it is not known whether the first one was.
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

// begin makes a line wait for its first command from now on. The caller holds mu, here and
// below.
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

// leave removes the i-th command of a line.
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

// join puts a command into a line. A command that is in the line already keeps the earlier of
// its two places: it may have come twice.
func (l *hold) join(c *Command) {
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

// prune forgets the holds that are over, and the oldest ones if there are too many.
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

// tick calls prune if anything is held.
func (h *turns) tick(now time.Time) {
	if h.some.Load() {
		h.mu.Lock()
		defer h.mu.Unlock()
		h.prune(now)
	}
}

// sift answers the commands of a round that are held, and returns the others.
func (h *turns) sift(round []*Command) []*Command {
	if !h.some.Load() {
		return round
	}
	rest := round[:0]
	for _, c := range round {
		if err := h.held(c); err != nil {
			c.answer(wire.Ack{}, c.unstored(err))
			continue
		}
		rest = append(rest, c)
	}
	return rest
}

package write

import (
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"natterjack/server/wire"
)

// queueing is two nodes, one with the sessions and one that writes, and users who send to two
// channels without waiting. Nothing runs by itself: rapid chooses the next step.
type queueing struct {
	t      *rapid.T
	origin *lane
	writer *lane
	leads  bool
	calm   bool // nothing is refused any more
	rest   [2][]*Command
	stored map[sendKey]bool
	wrong  map[sendKey]bool      // refused by the rules, for good
	order  map[memberOf][]string // client ids in the order of storage
	people map[memberOf]*speaker
}

// speaker sends numbers in order, and first repeats those that were refused, in their order.
type speaker struct {
	said  int
	out   map[int]bool // not answered yet
	again []int        // refused, ascending
	inbox []heard
}

type heard struct {
	n   int
	err error
}

func newQueueing(t *rapid.T) *queueing {
	q := &queueing{
		t: t, leads: true, stored: map[sendKey]bool{}, wrong: map[sendKey]bool{}, order: map[memberOf][]string{}, people: map[memberOf]*speaker{},
	}
	q.origin = newLane(func() bool { return false }, nil, nil)
	q.writer = newLane(func() bool { return q.leads }, nil, nil)
	q.origin.most = rapid.IntRange(1, 6).Draw(t, "room at the origin")
	q.writer.most = rapid.IntRange(1, 6).Draw(t, "room at the writer")
	for _, who := range everybody {
		q.people[who] = &speaker{out: map[int]bool{}}
	}
	return q
}

var everybody = []memberOf{{"a~b", "a"}, {"a~c", "a"}, {"a~b", "b"}}

func (q *queueing) somebody() (memberOf, *speaker) {
	who := rapid.SampledFrom(everybody).Draw(q.t, "who")
	return who, q.people[who]
}

// say sends the first of the refused commands again, or a new one if there is none. Some are
// refused before they come to the log.
func (q *queueing) say(who memberOf, p *speaker) {
	n := p.said
	if len(p.again) > 0 {
		n, p.again = p.again[0], p.again[1:]
	} else {
		p.said++
		q.wrong[sendKey{who.channel, who.user, fmt.Sprint(n)}] = rapid.IntRange(0, 9).Draw(q.t, "wrong") == 0
	}
	p.out[n] = true
	c := Change(who.user, wire.Send{Channel: who.channel, ClientID: fmt.Sprint(n), Content: wire.Content{Text: "x"}})
	c.done = func(_ wire.Ack, err error) { p.inbox = append(p.inbox, heard{n, err}) }
	if !q.calm && rapid.IntRange(0, 9).Draw(q.t, "too fast") == 0 {
		err := wire.Errorf(wire.CodeTooFast, "").After(time.Millisecond)
		q.origin.note(c, err)
		c.done(wire.Ack{}, err)
		return
	}
	q.origin.submit(c)
}

// hear takes in one answer.
func (p *speaker) hear() {
	if len(p.inbox) == 0 {
		return
	}
	h := p.inbox[0]
	p.inbox = p.inbox[1:]
	delete(p.out, h.n)
	switch {
	case h.err == nil:
	case wire.AsError(h.err, 0).Retryable:
		at, _ := slices.BinarySearch(p.again, h.n)
		p.again = slices.Insert(p.again, at, h.n)
	default: // refused for good
	}
}

// write has the writer try a round, or the rest of one.
func (q *queueing) write() {
	if len(q.rest[1]) == 0 {
		q.rest[1] = q.writer.take()
	}
	if !q.leads {
		q.rest[1] = q.writer.refuseServed(q.rest[1])
		return
	}
	var rest []*Command
	left := map[string]bool{}
	for _, c := range q.rest[1] {
		key := sendKey{c.channel, c.user, c.clientID}
		if left[c.channel] {
			rest = append(rest, c)
			continue
		}
		if q.stored[key] {
			c.answer(wire.Ack{}, nil)
			continue
		}
		if q.wrong[key] {
			c.answer(wire.Ack{}, wire.Errorf(wire.CodeInvalid, ""))
			continue
		}
		if err := c.turns.held(c); err != nil {
			c.answer(wire.Ack{}, err)
			continue
		}
		outcome := 0
		if !q.calm {
			outcome = rapid.IntRange(0, 8).Draw(q.t, "outcome")
		}
		switch outcome {
		default:
			q.stored[key] = true
			who := memberOf{c.channel, c.user}
			q.order[who] = append(q.order[who], c.clientID)
			c.answer(wire.Ack{}, nil)
		case 5:
			c.answer(wire.Ack{}, wire.Errorf(wire.CodeTooFast, "").After(time.Millisecond).In(c.channel))
		case 6:
			c.answer(wire.Ack{}, StorageFull())
		case 7:
			c.answer(wire.Ack{}, unconfirmed())
		case 8:
			left[c.channel] = true
			rest = append(rest, c)
		}
	}
	q.rest[1] = rest
}

// relay sends a round of the origin, or the rest of one, to the writer. The answer may be lost.
func (q *queueing) relay() {
	if len(q.rest[0]) == 0 {
		q.rest[0] = q.origin.take()
	}
	round := q.origin.turns.sift(q.rest[0])
	lost := !q.calm && rapid.IntRange(0, 9).Draw(q.t, "lost") == 0
	answers := make([]error, len(round))
	left := len(round)
	for i, c := range round {
		served := newCommand(c.user, "", c.change)
		served.served = true
		served.done = func(_ wire.Ack, err error) { answers[i] = err; left-- }
		q.writer.submit(served)
		c.tried = true
	}
	for range 50 {
		if left == 0 || lost {
			break
		}
		q.write()
	}
	q.rest[0] = nil
	if left > 0 {
		q.rest[0] = round
		return
	}
	for i, c := range round { // as relay.answerRound does
		e := wire.AsError(answers[i], 0)
		if answers[i] != nil && (e.Code == wire.CodeTimeout || e.Code == wire.CodeUnavailable && e.RetryAfter == 0) {
			q.rest[0] = append(q.rest[0], c)
			continue
		}
		c.answer(wire.Ack{}, answers[i])
	}
}

// expire lets some commands run out of time, in a lane's queue and in its round.
func (q *queueing) expire(l *lane, rest []*Command) []*Command {
	past := time.Now().Add(-time.Second)
	n := rapid.IntRange(0, 3).Draw(q.t, "how many")
	for _, c := range rest[:min(n, len(rest))] {
		c.deadline = past
	}
	if n > len(rest) {
		for _, c := range l.queue[:min(n-len(rest), len(l.queue))] {
			c.deadline = past
		}
	}
	rest = answerOverdue(rest)
	answerAll(l.overdue(time.Now()), func(c *Command) error { return c.overdue() })
	return rest
}

func (q *queueing) step() {
	switch rapid.IntRange(0, 11).Draw(q.t, "step") {
	case 0, 1, 2, 3:
		q.say(q.somebody())
	case 4, 5, 6:
		_, p := q.somebody()
		p.hear()
	case 7, 8:
		q.relay()
	case 9:
		q.write()
	case 10:
		q.leads = !q.leads
	default:
		q.rest[0] = q.expire(q.origin, q.rest[0])
		q.rest[1] = q.expire(q.writer, q.rest[1])
	}
}

// settle has every user repeat refused commands until all of them are answered for good.
func (q *queueing) settle() {
	q.calm, q.leads = true, true
	for range 1000 {
		done := true
		for _, who := range everybody {
			p := q.people[who]
			for len(p.inbox) > 0 {
				p.hear()
			}
			for len(p.again) > 0 {
				q.say(who, p)
			}
			done = done && len(p.out) == 0
		}
		if done {
			return
		}
		q.relay()
		q.write()
	}
	q.t.Fatal("not all was answered")
}

// undated is a test without a deadline, because rapid must not ask for one in a bubble.
type undated struct{ *testing.T }

// TestTurns_model refuses commands anywhere, any number of times, while users continue to send.
// Everything is stored once, and in the order in which it was sent.
func TestTurns_model(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // the bubble's clock stands still: no answer comes late
		rapid.Check(undated{t}, func(t *rapid.T) {
			q := newQueueing(t)
			for range rapid.IntRange(1, 80).Draw(t, "steps") {
				q.step()
			}
			q.settle()
			for who, p := range q.people {
				var want []string
				for n := range p.said {
					if id := fmt.Sprint(n); !q.wrong[sendKey{who.channel, who.user, id}] {
						want = append(want, id)
					}
				}
				if !slices.Equal(q.order[who], want) {
					t.Fatalf("of %s in %s is stored: %v, want %v", who.user, who.channel, q.order[who], want)
				}
			}
		})
	})
}

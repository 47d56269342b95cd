package jetstream

import (
	"context"
	"log/slog"
	"time"

	"github.com/google/uuid"
	"github.com/nats-io/nats.go/jetstream"

	"natterjack/jetstream/channel"
	"natterjack/jetstream/internal/crashpoint"
	"natterjack/jetstream/view"
	"natterjack/server/wire"
)

// resyncTimeout bounds how long a writer waits for this node's view before it gives the round back to its lane.
const resyncTimeout = 2 * time.Second

// writer orders one shard: it decides what a command appends and publishes it under a compare-and-set on the channel's
// last pos. It reads the view, and where the view is still behind what it published itself, its own ahead. Whatever
// goes wrong, it forgets that and looks again at a view that has caught up with the stream: what was stored after all is
// then found by its client id, what was not is published again, and the compare-and-set lets only one of two copies in.
//
// All methods are for the lane's one goroutine.
type writer struct {
	shard   int
	view    *view.View
	js      jetstream.JetStream
	stream  publisher
	follow  *follower
	source  source
	limits  wire.Limits
	log     *slog.Logger
	pace    *pace // of events; a new leader begins with full buckets
	ahead   ahead
	room    *room
	vitals  *vitals
	waiting bool // for a resync to succeed; said once
	trusted bool // the view has been level with the stream since this node leads it, and nothing failed since
}

// distrust makes the next round look at the stream first: after a failure, or when another node may have written.
func (w *writer) distrust() { w.trusted = false }

// commit implements [committer].
func (w *writer) commit(ctx context.Context, round []*command) []*command {
	if round = w.room.refuse(round); len(round) == 0 {
		return nil
	}
	if !w.trusted && !w.resync(ctx) || !w.level(ctx) {
		return round
	}
	plans := w.decide(round)
	if len(plans) == 0 {
		return nil
	}
	crashpoint.Reach(crashpoint.Decided)
	return w.publish(ctx, plans)
}

// resync forgets what was published ahead of the view and waits until the view is level with the stream.
func (w *writer) resync(ctx context.Context) bool {
	ctx, cancel := context.WithTimeout(ctx, resyncTimeout)
	defer cancel()
	w.ahead = newAhead()
	last, err := lastPos(ctx, w.js, w.shard)
	if err == nil {
		err = w.follow.await(ctx, last)
	}
	if err != nil && !w.waiting {
		w.log.WarnContext(ctx, "writer waits until its view is level with the stream", "shard", w.shard, "last_pos", last, "error", err)
	}
	w.trusted, w.waiting = err == nil, err != nil
	return w.trusted
}

// level drops what the view has applied from what is ahead of it, and where too much is, waits: a view that stands still must
// not make the writer grow without bound.
func (w *writer) level(ctx context.Context) bool {
	if behind := w.ahead.oldest(maxAhead); behind > 0 {
		ctx, cancel := context.WithTimeout(ctx, resyncTimeout)
		defer cancel()
		if err := w.follow.await(ctx, behind); err != nil {
			w.log.WarnContext(ctx, "view is too far behind its writer", "shard", w.shard, "error", err)
			return false
		}
	}
	w.ahead.forget(w.view.Position(w.shard))
	return true
}

// plan is a command and what it appends.
type plan struct {
	cmd     *command
	events  []channel.Event
	expect  uint64           // the channel's last pos before the round, for its first plan in the round
	first   bool             // of its channel in the round
	state   *channel.State   // after the events; its pos is set when they are stored
	about   messageKey       // the message that they make or change, where they do
	message *channel.Message // that message after them
	moves   []channel.Move   // of members, by them
	ack     wire.Ack
	again   []*command // the same send, twice in one round
}

// decide turns a round into plans, and answers at once what appends nothing: refusals, and what was stored before.
func (w *writer) decide(round []*command) []*plan {
	now := time.Now()
	env := channel.Env{
		Now: now.UnixMilli(), NewID: newID, MaxMembers: w.limits.GroupMembers,
		Blocked:  w.view.Blocked,
		Settings: func(user string) (int, error) { return w.view.CountSettings(user, wire.MaxSettings) },
	}
	d := decision{
		writer: w, now: now, env: env, states: map[string]*channel.State{}, sends: map[sendKey]*plan{}, messages: map[messageKey]*channel.Message{},
	}
	d.env.Message = func(seq uint64) (*channel.Message, error) { return d.message(messageKey{d.channel, seq}) }
	d.env.Stays = d.stays
	defer d.close()
	plans := make([]*plan, 0, len(round))
	for _, c := range round {
		p, err := d.plan(c)
		switch {
		case err != nil:
			c.done(wire.Ack{}, err)
		case p != nil:
			plans = append(plans, p)
		}
	}
	return plans
}

// decision is the state of one round while it is decided: what it will have appended, before any of it is stored.
type decision struct {
	*writer
	now      time.Time
	env      channel.Env
	states   map[string]*channel.State
	sends    map[sendKey]*plan
	messages map[messageKey]*channel.Message
	moves    map[string][]channel.Move // by channel, in their order; nil where there are none, as in most rounds
	channel  string                    // of the command at hand
	finder   *view.Finder              // made when needed; it shows the view as it was then, and ahead has what came after
}

// plan is nil where the command has been answered or joined to a plan that is there already.
func (d *decision) plan(c *command) (*plan, error) {
	key := sendKey{c.channel, c.user, c.clientID}
	if p := d.sends[key]; p != nil && c.clientID != "" {
		return nil, p.join(c)
	}
	if done, err := d.answerStored(c, key); done || err != nil {
		return nil, err
	}
	st, expect, err := d.state(c.channel)
	if err != nil {
		return nil, err
	}
	d.channel = c.channel
	events, err := channel.Decide(st, c.channel, c.user, c.change, d.env)
	if err != nil || len(events) == 0 {
		if err == nil {
			c.done(wire.Ack{Channel: c.channel, ClientID: c.clientID, Shard: d.shard, Pos: st.Pos, Timestamp: st.Created}, nil)
		}
		return nil, err
	}
	if err := d.charge(c, st, events); err != nil {
		return nil, err
	}
	p := &plan{cmd: c, events: events, expect: expect, first: d.states[c.channel] == nil}
	for i := range events {
		before := st
		if st = channel.Apply(st, c.channel, events[i].Kind, 0, &events[i].Record); events[i].Kind == wire.KindMeta {
			p.move(before, st)
		}
	}
	p.state = st
	if len(p.moves) > 0 {
		d.moved(c.channel, p.moves)
	}
	d.states[c.channel], d.sends[key] = st, p
	return p, d.fold(p)
}

// fold notes what the last event of a plan makes of its message, for what is decided before the view has applied it.
func (d *decision) fold(p *plan) error {
	last := &p.events[len(p.events)-1]
	seq := channel.About(last.Kind, &last.Record)
	if seq == 0 {
		return nil
	}
	p.about = messageKey{p.cmd.channel, seq}
	var before *channel.Message
	if last.Kind != wire.KindMessage { // of which there is nothing yet: to look would cost a twelfth of a send
		var err error
		if before, err = d.message(p.about); err != nil {
			return err
		}
	}
	p.message = channel.Fold(before, last.Kind, 0, &last.Record)
	d.messages[p.about] = p.message
	return nil
}

// message is a message as this round will have made it so far, or nil where there is none.
func (d *decision) message(key messageKey) (*channel.Message, error) {
	if m := d.messages[key]; m != nil {
		return m, nil
	}
	if m := d.ahead.messages[key]; m != nil {
		return m, nil
	}
	return d.view.Message(key.channel, key.seq)
}

// join answers a command that comes twice in one round with the answer of the first, once that is stored.
func (p *plan) join(c *command) error {
	if !channel.Same(&p.events[len(p.events)-1], c.change) {
		return conflict()
	}
	p.again = append(p.again, c)
	return nil
}

// state is the channel as this round will have made it so far, and its last stored pos.
func (d *decision) state(id string) (*channel.State, uint64, error) {
	if st := d.states[id]; st != nil {
		return st, 0, nil
	}
	st, err := d.current(id)
	if err != nil || st == nil {
		return nil, 0, err
	}
	return st, st.Pos, nil
}

func (w *writer) current(id string) (*channel.State, error) {
	if st := w.ahead.state(id); st != nil {
		return st, nil
	}
	return w.view.Channel(id)
}

// answer tells the senders of plans that are stored.
func answer(plans []*plan) {
	for _, p := range plans {
		p.done(nil)
	}
}

func (p *plan) done(err error) {
	ack := p.ack
	if err != nil {
		ack = wire.Ack{}
	}
	p.cmd.done(ack, err)
	for _, c := range p.again {
		c.done(ack, err)
	}
}

// newID is a message's id: a UUIDv7 (RFC 9562), so that ids made later sort later where somebody sorts them.
func newID() string { return uuid.Must(uuid.NewV7()).String() }

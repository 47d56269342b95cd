package jetstream

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/nats-io/nats.go/jetstream"

	"natterjack/jetstream/channel"
	"natterjack/jetstream/internal/crashpoint"
	"natterjack/jetstream/view"
	"natterjack/server/wire"
)

// resyncTimeout bounds how long a writer waits for this node's view before it returns the round
// to its lane.
const resyncTimeout = 2 * time.Second

// writer orders one shard: it decides what a command appends, and publishes that without a
// fence. It reads the view. Where the view is still behind the writer's own publishes, it reads
// its own ahead. As long as its acks come with exactly the positions that it expects, no other
// node has written. Then its decisions were based on the end of the log, and its events count,
// because every node folds the same log by the same rule ([channel.Head.Follows]). At the first
// gap, and after any other failure, it distrusts itself. It waits for a view that has passed
// the gap and looks up which events counted. It forgets what it knew and decides the rest
// again.
//
// All methods are for the lane's one goroutine.
type writer struct {
	shard   int
	view    *view.View
	js      jetstream.JetStream
	stream  publisher
	follow  *follower
	source  source
	leader  leader
	limits  wire.Limits
	log     *slog.Logger
	pace    *pace // of events; a new leader begins with full buckets
	ahead   ahead
	room    *room
	now     func() time.Time
	dialect *dialect
	vitals  *vitals
	// end is the stream's last position, as far as this writer knows. It is that of its own
	// last publish while no other node writes.
	end     uint64
	waiting bool // for a resync to succeed; logged once
	// trusted is whether the view has been level with the stream since this node leads it, and
	// nothing has failed since then.
	trusted bool
}

// leader tells whether a quorum confirms this node as the leader of the writer's stream at this
// moment. While that holds, no other node leads the stream.
type leader interface {
	confirmed(ctx context.Context) bool
}

// distrust makes the next round check the stream first. It is called after a failure, or when
// another node may have written.
func (w *writer) distrust() { w.trusted = false }

// commit implements [committer].
func (w *writer) commit(ctx context.Context, round []*command) []*command {
	if round = w.room.refuse(round); len(round) == 0 {
		return nil
	}
	if !w.trusted && !w.resync(ctx) || !w.level(ctx) {
		return round
	}
	plans := w.decide(ctx, round)
	if len(plans) == 0 {
		return nil
	}
	crashpoint.Reach(crashpoint.Decided)
	return w.publish(ctx, plans)
}

// resync drops what was published ahead of the view, and waits until the view is level with the
// stream.
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
	w.trusted, w.waiting, w.end = err == nil, err != nil, last
	return w.trusted
}

// level drops from ahead what the view has applied. If too much is left it waits, because a
// view that stands still must not make the writer grow without bound.
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

// plan is a command and the events that it appends.
type plan struct {
	cmd    *command
	events []wire.Record
	bodies [][]byte       // the events as they are stored
	first  bool           // the first of its channel in the round
	state  *channel.State // after the events; its pos is set when they are stored
	made   []made         // messages that the events create or change
	moves  []channel.Move // members who join or leave by the events
	ack    wire.Ack
	again  []*command // the same command, where it comes more than once in a round
}

// made is a message that an event creates or changes, as it is after the event.
type made struct {
	about   messageKey
	message *channel.Message
}

func (p *plan) last() *wire.Record { return &p.events[len(p.events)-1] }

// decide turns a round into plans. It answers at once the commands that append nothing: those
// that are refused, and those that were stored before.
func (w *writer) decide(ctx context.Context, round []*command) []*plan {
	d := w.newDecision()
	defer d.close()
	plans := make([]*plan, 0, len(round))
	for _, c := range round {
		p, err := d.plan(c)
		switch {
		case err != nil:
			c.turns.answered(c, err) // before the commands of the round that are behind it
			d.answers = append(d.answers, answer{cmd: c, err: err})
		case p != nil:
			plans = append(plans, p)
		}
	}
	w.tell(ctx, d.answers)
	return plans
}

// answer is the answer to a command that appends nothing.
type answer struct {
	cmd *command
	ack wire.Ack
	err error
}

// tell sends the answers for which nothing was stored. They are true only of a view that is
// level with the log. A leader that is cut off does not know what another leader has written
// since. So a quorum has to confirm that there is no other leader.
func (w *writer) tell(ctx context.Context, answers []answer) {
	if len(answers) == 0 {
		return
	}
	confirmed := w.leader.confirmed(ctx)
	for _, a := range answers {
		if !confirmed {
			a = answer{cmd: a.cmd, err: unconfirmed()}
		}
		a.cmd.answer(a.ack, a.err)
	}
}

func unconfirmed() error {
	return wire.Errorf(wire.CodeUnavailable, "the channel's shard has no quorum at the moment; nothing was stored, retry")
}

// decision is the state of one round while it is decided: what it will have appended, before
// any of it is stored.
type decision struct {
	*writer
	now      time.Time
	env      channel.Env
	states   map[string]*channel.State
	sends    map[sendKey]*plan
	messages map[messageKey]*channel.Message
	moves    map[string][]channel.Move // by channel, in order; nil if there are none, as in most rounds
	places   map[string]uint64         // by channel, the number of its last event in the round
	count    uint64                    // of events in the round
	answers  []answer
	channel  string // of the current command
	// finder is created when needed. It shows the view of that time, and ahead has what came
	// after.
	finder *view.Finder
}

func (w *writer) newDecision() *decision {
	now := w.now()
	d := &decision{
		writer: w, now: now, states: map[string]*channel.State{}, sends: map[sendKey]*plan{},
		messages: map[messageKey]*channel.Message{}, places: map[string]uint64{},
	}
	d.env = channel.Env{
		Now: now.UnixMilli(), NewID: newID, MaxMembers: w.limits.GroupMembers,
		Blocked:  w.view.Blocked,
		Settings: w.view.CountSettings,
		Message:  func(seq uint64) (*channel.Message, error) { return d.message(messageKey{d.channel, seq}) },
		Stays:    d.stays,
	}
	return d
}

// plan returns nil if the command was answered, or was joined to an earlier plan.
func (d *decision) plan(c *command) (*plan, error) {
	key := sendKey{c.channel, c.user, c.clientID}
	if p := d.sends[key]; p != nil {
		return nil, p.join(c)
	}
	if done, err := d.answerStored(c, key); done || err != nil {
		return nil, err
	}
	st, err := d.state(c.channel)
	if err != nil {
		return nil, err
	}
	d.channel = c.channel
	events, err := channel.Decide(st, c.channel, c.user, c.change, d.env)
	if err != nil || len(events) == 0 {
		if err == nil {
			ack := wire.Ack{Channel: c.channel, ClientID: c.given(), Shard: d.shard, Pos: st.Pos, Timestamp: st.Created}
			d.answers = append(d.answers, answer{cmd: c, ack: ack})
		}
		return nil, err
	}
	if err := d.charge(c, st, events); err != nil {
		return nil, err
	}
	p := &plan{cmd: c, events: events, first: d.states[c.channel] == nil, state: st}
	if err := d.draw(p); err != nil {
		return nil, err
	}
	d.note(p, key)
	return p, nil
}

// draw works out what a plan's events make of its channel and its messages, and encodes the
// events. It changes nothing in the round: a plan that cannot be drawn fails only its own
// command.
func (d *decision) draw(p *plan) error {
	p.last().ClientID = p.cmd.clientID
	d.number(p)
	for i := range p.events {
		e := &p.events[i]
		body, err := wire.EncodeRecord(e)
		if err != nil {
			return fmt.Errorf("encode record: %w", err)
		}
		p.bodies = append(p.bodies, body)
		before := p.state
		if p.state = channel.Apply(before, p.cmd.channel, 0, e); e.Kind == wire.KindMeta {
			p.move(before, p.state)
		}
		if err := d.fold(p, e); err != nil {
			return err
		}
	}
	return nil
}

// number gives a plan's events the numbers by which they count. If they depend on other events
// of the round, it records which ones.
func (d *decision) number(p *plan) {
	var head channel.Head
	if p.state != nil {
		head = p.state.Head
	}
	head.Number(p.events)
	if !p.first {
		p.events[0].After = d.count - d.places[p.cmd.channel]
	}
	for i := 1; i < len(p.events); i++ {
		p.events[i].After = 1
	}
}

// fold notes in a plan what an event makes of its message, for commands that are decided before
// the view has applied the event.
func (d *decision) fold(p *plan, e *wire.Record) error {
	seq := channel.About(e)
	if seq == 0 {
		return nil
	}
	about := messageKey{p.cmd.channel, seq}
	var before *channel.Message
	if e.Kind != wire.KindMessage { // a new message has no state yet: a look would cost a twelfth of a send
		var err error
		if before, err = p.message(about, d.message); err != nil {
			return err
		}
	}
	p.made = append(p.made, made{about, channel.Fold(before, 0, e)})
	return nil
}

// message returns a message as the plan will have made it so far, or else the result of
// otherwise.
func (p *plan) message(about messageKey, otherwise func(messageKey) (*channel.Message, error)) (*channel.Message, error) {
	for _, m := range slices.Backward(p.made) {
		if m.about == about {
			return m.message, nil
		}
	}
	return otherwise(about)
}

// note takes a plan into the round.
func (d *decision) note(p *plan, key sendKey) {
	if len(p.moves) > 0 {
		d.moved(key.channel, p.moves)
	}
	for _, m := range p.made {
		d.messages[m.about] = m.message
	}
	d.count += uint64(len(p.events))
	d.places[key.channel] = d.count - 1
	d.states[key.channel], d.sends[key] = p.state, p
}

// message returns a message as this round will have made it so far, or nil if there is none.
func (d *decision) message(key messageKey) (*channel.Message, error) {
	if m := d.messages[key]; m != nil {
		return m, nil
	}
	if m := d.ahead.messages[key]; m != nil {
		return m, nil
	}
	return d.view.Message(key.channel, key.seq)
}

// join answers a command that comes twice in one round with the answer of the first, once that
// is stored.
func (p *plan) join(c *command) error {
	if !channel.Same(p.last(), c.change) {
		return conflict()
	}
	p.again = append(p.again, c)
	return nil
}

// state returns the channel as this round will have made it so far.
func (d *decision) state(id string) (*channel.State, error) {
	if st := d.states[id]; st != nil {
		return st, nil
	}
	return d.current(id)
}

func (w *writer) current(id string) (*channel.State, error) {
	if st := w.ahead.state(id); st != nil {
		return st, nil
	}
	return w.view.Channel(id)
}

// acknowledge tells the senders of plans that their events are stored.
func acknowledge(plans []*plan) {
	for _, p := range plans {
		p.done(nil)
	}
}

func (p *plan) done(err error) {
	ack := p.ack
	if err != nil {
		ack = wire.Ack{}
	}
	p.cmd.answer(ack, err)
	for _, c := range p.again {
		c.answer(ack, err)
	}
}

// newID returns an id for a message. It is a UUIDv7 (RFC 9562), so that later ids sort later.
func newID() string { return uuid.Must(uuid.NewV7()).String() }

package write

import (
	"fmt"
	"time"

	"github.com/google/uuid"

	"natterjack/jetstream/channel"
	"natterjack/jetstream/view"
	"natterjack/server/wire"
)

// decision is the state of one round while it is decided: the events that it appends, before any of
// them is stored.
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
	// finder is created when needed. It shows the view of that time, and ahead has the later
	// events.
	finder *view.Finder
}

func (w *writer) newDecision() *decision {
	now := w.cfg.Now()
	d := &decision{
		writer: w, now: now, states: map[string]*channel.State{}, sends: map[sendKey]*plan{},
		messages: map[messageKey]*channel.Message{}, places: map[string]uint64{},
	}
	d.env = channel.Env{
		Now: now.UnixMilli(), NewID: func() string { return newID(d.channel) },
		MaxMembers: w.cfg.Limits.GroupMembers, MaxEdits: w.cfg.Limits.MessageEdits,
		Blocked:  w.cfg.View.Blocked,
		Settings: w.cfg.View.CountSettings, Subscriptions: w.cfg.View.Subscriptions,
		Groups: func(user string) (int, error) { return w.cfg.View.CountGroups(user, w.cfg.Limits.UserGroups) }, MaxGroups: w.cfg.Limits.UserGroups,
		Message: func(seq uint64) (*channel.Message, error) { return d.message(messageKey{d.channel, seq}) },
		Stays:   d.stays,
		Dated:   func(pos uint64, at int64) int64 { return d.cfg.View.Dated(d.channel, pos, at) },
	}
	return d
}

// plan returns nil if the command was answered, or was joined to an earlier plan.
func (d *decision) plan(c *Command) (*plan, error) {
	key := sendKey{c.channel, c.user, c.clientID}
	if p := d.sends[key]; p != nil {
		return nil, p.join(c)
	}
	if done, err := d.answerStored(c, key); done || err != nil {
		return nil, err
	}
	if c.refusal != nil { // before anybody looks at the channel, so that the answer tells nothing of it
		return nil, c.refusal
	}
	st, err := d.stateFor(c)
	if err != nil {
		return nil, err
	}
	d.channel, d.env.Present = c.channel, d.mentionable(c)
	events, err := channel.Decide(st, c.channel, c.user, c.change, d.env)
	if err == nil && len(events) == 0 {
		events, err = d.noted(c, st)
	}
	if err != nil || len(events) == 0 {
		if err == nil {
			err = d.answerNothing(c, st)
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

// draw works out how a plan's events change its channel and its messages, and encodes the events.
// It changes nothing in the round: a plan that cannot be drawn fails only its own command.
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
			p.move(before, p.state, e)
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

// fold notes in a plan how an event changes its message, for commands that are decided before the
// view has applied the event.
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
	return d.cfg.View.Message(key.channel, key.seq)
}

// charge refuses a command that would overtake another one, a command that some nodes do not
// know yet, and a command for which there is no room. It then applies the channel's rate.
// Retries of stored commands and refused commands were answered before, at no charge. A command
// that was charged and not stored is not charged again.
func (d *decision) charge(c *Command, st *channel.State, events []wire.Record) error {
	if err := c.turns.held(c); err != nil {
		return err
	}
	if err := d.cfg.Admit(c.change); err != nil {
		return err
	}
	if err := admit(d.cfg.Room, c); err != nil {
		return err
	}
	n := 0
	for i := range events {
		if channel.Paced(st, c.user, events[i].Kind) {
			n++
		}
	}
	if n == 0 || c.charged {
		return nil
	}
	if err := d.pace.take(d.now, memberOf{c.channel, c.user}, n); err != nil {
		return err
	}
	c.charged = true
	return nil
}

// newID returns an id for an event of a channel. It begins like a UUIDv7 (RFC 9562), so that
// later ids sort later.
func newID(of string) string {
	return uuid.UUID(channel.Bind(uuid.Must(uuid.NewV7()), of)).String()
}

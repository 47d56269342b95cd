package write

import (
	"slices"

	"natterjack/jetstream/channel"
	"natterjack/server/wire"
)

// plan is a command and the events that it appends.
type plan struct {
	cmd    *Command
	events []wire.Record
	bodies [][]byte       // the events as they are stored
	first  bool           // the first of its channel in the round
	state  *channel.State // after the events; its pos is set when they are stored
	made   []made         // messages that the events create or change
	moves  []channel.Move // members who join or leave by the events
	ack    wire.Ack
	again  []*Command // the same command, where it comes more than once in a round
}

// made is a message that an event creates or changes, as it is after the event.
type made struct {
	about   messageKey
	message *channel.Message
}

func (p *plan) last() *wire.Record { return &p.events[len(p.events)-1] }

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

// join answers a command that comes twice in one round with the answer of the first, once that
// is stored.
func (p *plan) join(c *Command) error {
	if !channel.Same(p.last(), c.change) {
		return conflict()
	}
	p.again = append(p.again, c)
	return nil
}

// stored completes a plan whose last event is at pos.
func (p *plan) stored(shard int, pos uint64) {
	last := p.last()
	p.state = channelAt(p.state, pos)
	p.ack = wire.Ack{
		ID: last.ID, ClientID: p.cmd.given(), Channel: p.cmd.channel, Seq: last.Seq,
		Shard: shard, Pos: pos, Timestamp: last.Timestamp,
	}
}

// channelAt returns a copy of a state with the position of its last event set.
func channelAt(st *channel.State, pos uint64) *channel.State {
	at := *st
	at.Pos = pos
	return &at
}

// acknowledge tells the senders of plans that their events are stored.
func acknowledge(plans []*plan) {
	for _, p := range plans {
		p.acknowledge()
	}
}

func (p *plan) acknowledge() {
	p.cmd.answer(p.ack, nil)
	for _, c := range p.again {
		c.answer(p.ack, nil)
	}
}

// refuse tells the senders that this try has not stored the plan.
func (p *plan) refuse(err error) {
	p.cmd.answer(wire.Ack{}, p.cmd.unstored(err))
	for _, c := range p.again {
		c.answer(wire.Ack{}, c.unstored(err))
	}
}

// tried notes that a try to store the plan has ended without an answer.
func (p *plan) tried() {
	p.cmd.tried = true
	for _, c := range p.again {
		c.tried = true
	}
}

package write

import (
	"natterjack/jetstream/channel"
	"natterjack/server/wire"
)

// sendKey identifies a send. Two sends with the same key are the same send.
type sendKey struct{ channel, user, clientID string }

// stored is the result of a change that only the writer knows so far.
type stored struct {
	ack   wire.Ack
	event *wire.Record
}

// messageKey names a message.
type messageKey struct {
	channel string
	seq     uint64
}

// ahead holds the events that a writer has stored and its node's view has not applied yet. That is
// a few milliseconds of the shard.
type ahead struct {
	states   map[string]*channel.State
	sends    map[sendKey]stored
	messages map[messageKey]*channel.Message
	moves    map[string][]channel.Move // by channel, in their order
	order    []published               // ascending by pos
}

type published struct {
	pos   uint64
	key   sendKey
	made  []made // the messages that the change made or changed
	moves int    // the number of moves
}

func newAhead() ahead {
	return ahead{
		states: map[string]*channel.State{}, sends: map[sendKey]stored{},
		messages: map[messageKey]*channel.Message{}, moves: map[string][]channel.Move{},
	}
}

func (a *ahead) state(channel string) *channel.State { return a.states[channel] }

func (a *ahead) add(p *plan) {
	key := sendKey{p.cmd.channel, p.cmd.user, p.cmd.clientID}
	a.states[key.channel] = p.state
	if key.clientID != "" {
		a.sends[key] = stored{ack: p.ack, event: p.last()}
	}
	for _, made := range p.made {
		m := *made.message
		m.Pos = p.ack.Pos
		a.messages[made.about] = &m
	}
	if len(p.moves) > 0 {
		a.moves[key.channel] = append(a.moves[key.channel], p.moves...)
	}
	a.order = append(a.order, published{p.ack.Pos, key, p.made, len(p.moves)})
}

// maxAhead is the maximum number of sends that a writer keeps ahead of its view.
const maxAhead = 20_000

// oldest returns the pos that the view must reach so that at most keep sends remain. It returns
// 0 if no more than keep remain already.
func (a *ahead) oldest(keep int) uint64 {
	if len(a.order) <= keep {
		return 0
	}
	return a.order[len(a.order)-keep].pos
}

// forget drops everything that the view has applied, which is everything up to the pos applied.
func (a *ahead) forget(applied uint64) {
	n := 0
	for ; n < len(a.order) && a.order[n].pos <= applied; n++ {
		key := a.order[n].key
		delete(a.sends, key)
		for _, made := range a.order[n].made {
			if m := a.messages[made.about]; m != nil && m.Pos <= applied {
				delete(a.messages, made.about)
			}
		}
		if moves := a.order[n].moves; moves > 0 {
			a.forgetMoves(key.channel, moves)
		}
		if st := a.states[key.channel]; st != nil && st.Pos <= applied {
			delete(a.states, key.channel)
		}
	}
	a.order = a.order[n:]
}

// forgetMoves drops the first n moves of a channel.
func (a *ahead) forgetMoves(channel string, n int) {
	if a.moves[channel] = a.moves[channel][n:]; len(a.moves[channel]) == 0 {
		delete(a.moves, channel)
	}
}

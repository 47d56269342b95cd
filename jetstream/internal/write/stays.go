package write

import (
	"natterjack/jetstream/channel"
	"natterjack/server/wire"
)

// move notes the members who joined or left by an event.
func (p *plan) move(before, after *channel.State, e *wire.Record) {
	if m, moved := channel.MoveOf(before, after, e); moved {
		p.moves = append(p.moves, m)
	}
}

// moved notes the members who joined or left a channel in this round.
func (d *decision) moved(id string, moves []channel.Move) {
	if d.moves == nil {
		d.moves = map[string][]channel.Move{}
	}
	d.moves[id] = append(d.moves[id], moves...)
}

// stays returns a user's stays in the channel of the current command, as this round will have
// changed them so far. The view may already have applied some of the moves in ahead. Applying
// them again changes nothing.
func (d *decision) stays(user string) (channel.Stays, error) {
	finder, err := d.find()
	if err != nil {
		return nil, err
	}
	stays, err := finder.Stays(user, d.channel)
	for _, moves := range [2][]channel.Move{d.ahead.moves[d.channel], d.moves[d.channel]} {
		for _, m := range moves {
			stays = stays.After(user, m)
		}
	}
	return stays, err
}

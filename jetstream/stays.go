package jetstream

import "natterjack/jetstream/channel"

// move notes who came or went by an event.
func (p *plan) move(before, after *channel.State) {
	if m, moved := channel.MoveOf(before, after); moved {
		p.moves = append(p.moves, m)
	}
}

// moved notes who came to a channel or went in this round.
func (d *decision) moved(ch string, moves []channel.Move) {
	if d.moves == nil {
		d.moves = map[string][]channel.Move{}
	}
	d.moves[ch] = append(d.moves[ch], moves...)
}

// stays are a user's in the channel of the command at hand, as this round will have made them so far. The view may have applied some
// of what is ahead of it by now: to repeat that changes nothing.
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

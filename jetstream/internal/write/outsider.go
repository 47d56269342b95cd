package write

import (
	"natterjack/jetstream/channel"
	"natterjack/server/wire"
)

// stateFor returns the channel of a command, as this round will have made it so far. For a user
// who has nothing to do with the channel it returns nil, as for a channel that does not exist,
// and does not look at the channel. The answer must not tell such a user whether there is one,
// neither by its words nor by the time that it takes.
func (d *decision) stateFor(c *Command) (*channel.State, error) {
	st := d.newest(c.channel)
	if st.Member(c.user) {
		return st, nil
	}
	concerned, err := d.concerned(c) // also if the answer is known: that takes as long
	if st != nil || !concerned || err != nil {
		return st, err
	}
	return d.cfg.View.Channel(c.channel)
}

// newest returns a channel that has events ahead of the view, or nil.
func (d *decision) newest(channel string) *channel.State {
	if st := d.states[channel]; st != nil {
		return st
	}
	return d.ahead.state(channel)
}

// concerned reports whether a command's user has to do with its channel, as far as the view shows:
// as a member, by a request to join, or by the secret of an invite.
func (d *decision) concerned(c *Command) (bool, error) {
	if _, create := c.change.(wire.CreateGroup); create {
		return true, nil // the group's id is made of the user's name
	}
	join, joins := c.change.(wire.Join)
	if member, err := d.cfg.View.Member(c.user, c.channel); member || !joins || err != nil {
		return member, err
	}
	finder, err := d.find()
	if err != nil {
		return false, err
	}
	return finder.MayJoin(c.user, c.channel, channel.SecretHash(join.Secret))
}

// answerNothing answers a command whose effect is already in place. A user who has asked to join
// gets the ack of their request: a newer ack would tell them how many messages the group has.
func (d *decision) answerNothing(c *Command, st *channel.State) error {
	if clientID, asked := st.Request(c.user); asked {
		return d.answerAsked(c, sendKey{c.channel, c.user, clientID})
	}
	ack := wire.Ack{Channel: c.channel, ClientID: c.given(), Shard: d.shard, Pos: st.Pos, Timestamp: st.Created}
	d.answers = append(d.answers, answer{cmd: c, ack: ack})
	return nil
}

// answerAsked answers with the ack of a request to join that is stored, or that is in this
// round.
func (d *decision) answerAsked(c *Command, request sendKey) error {
	if p := d.sends[request]; p != nil {
		done, clientID := c.done, c.given()
		c.done = func(ack wire.Ack, err error) {
			ack.ClientID = clientID
			done(ack, err)
		}
		p.again = append(p.again, c)
		return nil
	}
	ack, event, err := d.storedBefore(request)
	if err != nil || event == nil {
		return err
	}
	ack.ClientID = c.given()
	d.answers = append(d.answers, answer{cmd: c, ack: ack})
	return nil
}

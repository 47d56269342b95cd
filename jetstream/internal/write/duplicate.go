package write

import (
	"natterjack/jetstream/channel"
	"natterjack/jetstream/view"
	"natterjack/server/wire"
)

// answerStored answers a send that was stored before with its original id and seq, no matter
// how long ago it was stored.
func (d *decision) answerStored(c *Command, key sendKey) (bool, error) {
	if _, create := c.change.(wire.CreateGroup); create {
		return false, nil // a group's id is made from its client id, so the channel itself is the index
	}
	if c.unnamed && !c.tried && !c.served {
		return false, nil // the client id was made on this node, for its own retries
	}
	ack, event, err := d.storedBefore(key)
	if err != nil || event == nil {
		return false, err
	}
	ack.ClientID = c.given()
	return true, c.answerSame(ack, event)
}

// storedBefore returns the event that was stored under a client id, with its ack, or nil.
func (d *decision) storedBefore(key sendKey) (ack wire.Ack, event *wire.Record, err error) {
	if s, ok := d.ahead.sends[key]; ok {
		ack, event = s.ack, s.event
	} else if ack, event, err = d.storedInView(key); err != nil || event == nil {
		return ack, nil, err
	}
	if event.Note == nil || event.Note.Request == "" || event.Note.Request == key.clientID {
		return ack, event, nil
	}
	request := key
	request.clientID = event.Note.Request
	first, found, err := d.storedBefore(request)
	if err != nil || found == nil {
		return ack, nil, err
	}
	return first, event, nil
}

func (d *decision) storedInView(key sendKey) (ack wire.Ack, event *wire.Record, err error) {
	finder, err := d.find()
	if err != nil {
		return ack, nil, err
	}
	ev, err := finder.Find(key.channel, key.user, key.clientID)
	if err != nil || ev == nil {
		return ack, nil, err
	}
	return Original(d.shard, ev, key.clientID)
}

// Original returns the ack that a command got when it was stored under a client id, and its record,
// from the event that was found under that id.
func Original(shard int, ev *view.Event, clientID string) (wire.Ack, *wire.Record, error) {
	r, err := storedAs(ev, clientID)
	if err != nil {
		return wire.Ack{}, nil, err
	}
	return wire.Ack{
		ID: r.ID, ClientID: r.ClientID, Channel: ev.Channel, Seq: r.Seq,
		Shard: shard, Pos: ev.Pos, Timestamp: r.Timestamp,
	}, r, nil
}

// storedAs returns the record that was stored under a client id, from the event that was found.
// That event may be the deletion of a message that the log does not hold any more.
func storedAs(ev *view.Event, clientID string) (*wire.Record, error) {
	r, err := wire.DecodeRecord(ev.Record)
	if gone := r.Erased; gone != nil && r.ClientID != clientID {
		return &wire.Record{
			Kind: wire.KindMessage, ID: gone.ID, ClientID: gone.ClientID, Sender: gone.Sender, Seq: r.Target, Timestamp: gone.Timestamp,
		}, err
	}
	return &r, err
}

// find returns a reader of the view. One reader serves the whole round.
func (d *decision) find() (finder *view.Finder, err error) {
	if d.finder == nil {
		d.finder, err = d.cfg.View.Finder()
	}
	return d.finder, err
}

func (d *decision) close() {
	if d.finder == nil {
		return
	}
	if err := d.finder.Close(); err != nil {
		d.cfg.Log.Error("the reader of the view could not be closed", "error", err)
	}
}

// answerSame answers with the original ack. If the same client id comes with different content,
// the answer is an error: an ack would lose that content.
func (c *Command) answerSame(ack wire.Ack, stored *wire.Record) error {
	if !channel.Same(stored, c.change) {
		return conflict()
	}
	c.answer(ack, nil)
	return nil
}

func conflict() error {
	return wire.Errorf(wire.CodeConflict, "client_id: was used for another command in this channel; choose a new one")
}

// noted returns the event by which a retry of a command that changes nothing finds that it was
// answered. There is none for a command without a client id, because it cannot be repeated, and
// none for a creation, because the group's id finds the group. A user who waits to join and asks
// again is answered with the ack of their request, see [decision.answerNothing]. There is no note
// if that request is in the same round, and so has no ack yet, if not all nodes know such notes, or
// if the user asks again too often. If that try is repeated once they have left, it asks anew.
func (d *decision) noted(c *Command, st *channel.State) ([]wire.Record, error) {
	change, ok := c.change.(wire.Change)
	if !ok || c.unnamed || !d.takesNotes() {
		return nil, nil
	}
	if !st.Member(c.user) {
		if waits, err := d.answerRequest(c, st); !waits || err != nil {
			return nil, err
		}
	}
	return channel.Noted(st, c.channel, c.user, change, d.env)
}

// answerRequest answers a user who waits to join, and asks again, with the ack of their request. It
// reports whether they have a request that is stored.
func (d *decision) answerRequest(c *Command, st *channel.State) (waits bool, err error) {
	clientID, asked := st.Request(c.user)
	request := sendKey{c.channel, c.user, clientID}
	if !asked || d.sends[request] != nil || !d.takesRequestNotes() {
		return false, nil
	}
	first, event, err := d.storedBefore(request)
	if err != nil || event == nil {
		return false, err
	}
	if !c.charged && !d.pace.takeRequest(d.now, memberOf{c.channel, c.user}) {
		return false, nil
	}
	c.charged = true
	first.ClientID = c.given()
	done := c.done
	c.done = func(ack wire.Ack, err error) {
		if err == nil {
			ack = first
		}
		done(ack, err)
	}
	return true, nil
}

// mentionable returns the members whom a command can mention by @here.
func (d *decision) mentionable(c *Command) []string {
	if !d.takesNotes() {
		return nil
	}
	return c.present
}

// takesNotes reports whether all nodes know notes.
func (w *writer) takesNotes() bool { return w.cfg.Notes == nil || w.cfg.Notes() }

// takesRequestNotes reports whether all nodes know notes of users who wait to join.
func (w *writer) takesRequestNotes() bool { return w.cfg.RequestNotes == nil || w.cfg.RequestNotes() }

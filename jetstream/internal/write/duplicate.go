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
		return s.ack, s.event, nil
	}
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
		d.cfg.Log.Error("reader of the view not closed", "error", err)
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
	return wire.Errorf(wire.CodeConflict, "client_id: was used for another message in this channel")
}

// noted returns the event by which a retry of a command that changes nothing finds that it was
// answered. There is none for a command without a client id, because nobody can repeat it, and
// none for a creation, because the group's id finds the group. A user who waits to join gets none
// either: see [decision.answerNothing].
func (d *decision) noted(c *Command, st *channel.State) ([]wire.Record, error) {
	change, ok := c.change.(wire.Change)
	if !ok || c.unnamed || !st.Member(c.user) || !d.takesNotes() {
		return nil, nil
	}
	return channel.Noted(st, c.channel, c.user, change, d.env)
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

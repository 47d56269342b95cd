package natter

import (
	"time"

	"natterjack/server/wire"
)

// request is a command that waits for one reply, over as many connections as that takes.
type request struct {
	// command returns the command with a ref.
	command func(ref uint64) wire.Command
	// channel returns the channel to which a user's send goes. It is nil for a command that has
	// no place in an order.
	channel  func(user string) string
	clientID string // of a send only
	slot     bool   // whether it counts against the bound of the outbox
	upload   bool   // of a command of an upload: it does not wait for ever if storage is full
	done     chan outcome

	// The outbox guards the fields below.
	key     string    // the channel, once the user is known
	ref     uint64    // set while in flight
	due     time.Time // in flight: when the reply is due; waiting: when the next try is due
	wrote   time.Time // when it was written last
	tries   int
	written bool // whether it was ever written
	// unsure is set if the message may be stored already. The client then searches the channel
	// for it before it writes the message again.
	unsure bool
	after  uint64 // where the search begins: a seq known before the message was first written
}

// outcome is a reply, or the reason why there is none.
type outcome struct {
	frame wire.Frame
	err   error
}

// place returns the channel to which a send goes. It is empty for a command that has no place
// in an order.
func (r *request) place(user string) string {
	if r.key == "" && r.channel != nil {
		r.key = r.channel(user)
	}
	return r.key
}

func newRequest(command func(ref uint64) wire.Command) *request {
	return &request{command: command, slot: true, done: make(chan outcome, 1)}
}

// lookup returns the query for the messages among which an unsure send may be.
func (r *request) lookup(ref uint64, channel string, limits *wire.Limits) wire.Command {
	return wire.History{
		Ref: wire.Ref{Ref: ref}, Channel: channel, After: r.after,
		Limit: max(min(limits.HistoryEvents, wire.DefaultLimits().HistoryEvents), 0),
	}
}

// in returns the event of the message if a page has it, or else nil.
func (r *request) in(page *wire.Page, user string) *wire.Event {
	for i := range page.Events {
		if ev := &page.Events[i]; ev.ClientID == r.clientID && ev.Sender == user {
			return ev
		}
	}
	return nil
}

// acknowledgement returns the ack that follows from an event. The event is in the log, so an
// ack would say the same.
func acknowledgement(ev *wire.Event) wire.Ack {
	return wire.Ack{
		ID: ev.ID, ClientID: ev.ClientID, Channel: ev.Channel, Seq: ev.Seq,
		Shard: ev.Shard, Pos: ev.Pos, Timestamp: ev.Timestamp,
	}
}

package natter

import (
	"time"

	"natterjack/server/wire"
)

// request is a command on its way to one reply, over as many connections as that takes.
type request struct {
	// command is the command under a ref.
	command func(ref uint64) wire.Command
	// channel is where a send goes, for a user; nil for a command that has no place in an order.
	channel  func(user string) string
	clientID string // of a send
	slot     bool   // it counts against the bound of the outbox
	done     chan outcome

	// The outbox guards the following.
	key     string    // the channel, once the user is known
	ref     uint64    // while in flight
	due     time.Time // in flight: of the reply; waiting: of the next try
	wrote   time.Time // when last
	tries   int
	written bool // at some time
	// unsure is set where the message may be stored already: its channel is searched for it before it is written again.
	unsure bool
	after  uint64 // where the search begins: a seq known before the message was first written
}

// outcome is a reply, or why there is none.
type outcome struct {
	frame wire.Frame
	err   error
}

// place is where a send goes; empty for what has no place in an order.
func (r *request) place(user string) string {
	if r.key == "" && r.channel != nil {
		r.key = r.channel(user)
	}
	return r.key
}

func newRequest(command func(ref uint64) wire.Command) *request {
	return &request{command: command, slot: true, done: make(chan outcome, 1)}
}

// lookup asks for the messages among which an unsure one may be.
func (r *request) lookup(ref uint64, channel string, limits *wire.Limits) wire.Command {
	return wire.History{
		Ref: wire.Ref{Ref: ref}, Channel: channel, After: r.after,
		Limit: max(min(limits.HistoryEvents, wire.DefaultLimits().HistoryEvents), 0),
	}
}

// in finds the message in a page.
func (r *request) in(page *wire.Page, user string) *wire.Event {
	for i := range page.Events {
		if ev := &page.Events[i]; ev.ClientID == r.clientID && ev.Sender == user {
			return ev
		}
	}
	return nil
}

// acknowledgement is what an event says about its own storing: the event is in the log, so an ack would say the same.
func acknowledgement(ev *wire.Event) wire.Ack {
	return wire.Ack{
		ID: ev.ID, ClientID: ev.ClientID, Channel: ev.Channel, Seq: ev.Seq,
		Shard: ev.Shard, Pos: ev.Pos, Timestamp: ev.Timestamp,
	}
}

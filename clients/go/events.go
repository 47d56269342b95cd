package natter

import (
	"context"
	"iter"

	"natterjack/server/wire"
)

// Event is anything in a channel's log: a message, or a change of the channel itself.
type Event = wire.Event

// Events yields the events of the user's channels: each event once, and the events of each
// channel in order. It begins at [Options].Resume, or else with the first connection. The
// user's own messages are among the events. Errors are yielded between the events that they
// concern. After an error that is not [ErrFatal] the sequence goes on. The sequence always ends
// with an [ErrFatal]. If ctx ended, its cause is in the chain too.
//
// There may be one reader at a time. A later reader goes on where the one before it stopped.
func (c *Client) Events(ctx context.Context) iter.Seq2[Event, error] {
	return func(yield func(Event, error) bool) {
		if !c.made() {
			yield(Event{}, fatal(errNotMade))
			return
		}
		if !c.reading.CompareAndSwap(false, true) {
			yield(Event{}, fatal(errTwoReaders))
			return
		}
		defer c.reading.Store(false)
		for {
			it, err := c.inbox.take(ctx)
			if err != nil {
				yield(Event{}, fatal(err))
				return
			}
			if !yield(it.event, it.news) {
				return
			}
		}
	}
}

// Position returns the position behind the last event that [Client.Events] has yielded. An
// application that must not miss an event reads the position after it has handled that event.
// After a restart it resumes from the position that it stored last. The position is zero before
// the first connection, unless Resume was set.
func (c *Client) Position() Position {
	if !c.made() {
		return Position{}
	}
	return c.inbox.position()
}

package natter

import (
	"context"
	"iter"

	"natterjack/server/wire"
)

// Event is anything in a channel's log: a message, or a change of the channel itself.
type Event = wire.Event

// Events yields what happens in the user's channels, each event once and each channel's in order, from
// [Options].Resume or else from the first connection on; the user's own messages are among them. Errors are yielded between the
// events they concern: after any that is not [ErrFatal] the sequence goes on. It ends after one that is, and always with
// one: where ctx ended, its cause is in the chain too.
//
// There may be one reader at a time. A later one goes on where the one before it broke off.
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

// Position is behind the last event that [Client.Events] has yielded. An application that must not miss an event takes
// it after it has dealt with that event, and a restarted one resumes from what it stored last. It is zero before the
// first connection where there was nothing to resume from.
func (c *Client) Position() Position {
	if !c.made() {
		return Position{}
	}
	return c.inbox.position()
}

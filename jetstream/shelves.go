package jetstream

import "natterjack/jetstream/view"

// shelf is a source of entries that cursors read from.
type shelf interface {
	// newest appends to dst the events of a shard after a pos that a user may see, as far as
	// the tail has them; see [tail.read].
	newest(dst []*Entry, shard int, user string, after uint64, room *int) (entries []*Entry, upto uint64, behind bool)
	Position(shard int) uint64
	Missed(user string, span view.Span, limit, maxBytes int) (events []view.Event, more bool, err error)
}

// shelves combine the view with a tail per shard for new events.
type shelves struct {
	*view.View
	tails []*tail
}

func (s shelves) newest(dst []*Entry, shard int, user string, after uint64, room *int) ([]*Entry, uint64, bool) {
	return s.tails[shard].read(dst, user, after, room)
}

package view

import (
	"errors"

	"natterjack/jetstream/channel"
)

var errUnwritten = errors.New("view: not written yet")

// Open opens the view in dir, or makes an empty one where there is none, or one of another schema, epoch or number of shards.
func Open(dir string, o Options) (*View, error) { return nil, errUnwritten }

// Close closes the view. No other call may be under way.
func (v *View) Close() error { return errUnwritten }

// Position is the highest pos applied of a shard. Whoever has read it sees at least that much in every later query.
func (v *View) Position(shard int) uint64 { return 0 }

// Apply takes in events of one shard, ascending by pos, in one batch with the new position: the last event's pos or
// upto, whichever is higher. Events up to the present position are skipped, so the same may be applied again. The result
// has what may be delivered; events that no client could read are left out.
func (v *View) Apply(shard int, events []Event, upto uint64) ([]Applied, error) {
	return nil, errUnwritten
}

// Channel is the state of a channel, or nil where there is none.
func (v *View) Channel(id string) (*channel.State, error) { return nil, errUnwritten }

// Find is the event that a sender made under a client id in a channel, or nil.
func (v *View) Find(ch, sender, clientID string) (*Event, error) { return nil, errUnwritten }

// History is up to limit messages of a channel, ascending: those before before (a seq, exclusive), or after after, or
// with both 0 the latest. More says that there are further ones in the direction asked.
func (v *View) History(ch string, before, after uint64, limit int) (events []Event, more bool, err error) {
	return nil, false, errUnwritten
}

// ChannelsOf are the ids of the channels that user is a member of, in no order to rely on.
func (v *View) ChannelsOf(user string) ([]string, error) { return nil, errUnwritten }

// Recent are up to limit of the user's channels, the most recently active first.
func (v *View) Recent(user string, limit int) (channels []*channel.State, more bool, err error) {
	return nil, false, errUnwritten
}

// Missed is what a user has missed in a span of a shard: the events of all his channels in the order of pos, up to limit and
// up to about maxBytes of records, at least one where there is one. With more, the rest follows after the
// last pos returned; without, that was all up to span.Upto.
func (v *View) Missed(user string, span Span, limit, maxBytes int) (events []Event, more bool, err error) {
	return nil, false, errUnwritten
}

// CountMissed counts what a user has missed after a position in each shard, up to atMost.
func (v *View) CountMissed(user string, after []uint64, atMost int) (int, error) {
	return 0, errUnwritten
}

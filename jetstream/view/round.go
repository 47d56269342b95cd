package view

import (
	"slices"

	"github.com/cockroachdb/pebble/v2"

	"natterjack/jetstream/channel"
	"natterjack/server/wire"
)

// round is one batch in the making. It belongs to its shard and is used again, for its buffers.
type round struct {
	v       *View
	shard   int
	batch   *pebble.Batch
	states  map[string]*channel.State // of the channels met so far, after the events so far; nil where there was none
	applied []Applied                 // handed to the caller, never used again
	key     []byte
	value   []byte
}

func (r *round) begin(v *View, shard, events int) {
	r.v, r.shard, r.batch = v, shard, v.db.NewBatch()
	r.applied = make([]Applied, 0, events)
	if r.states == nil {
		r.states = make(map[string]*channel.State, events)
	}
}

func (r *round) end() {
	_ = r.batch.Close() // it only gives the buffer back
	clear(r.states)
	r.batch, r.applied = nil, nil
}

// owns reports whether a channel has a name that fits into a frame and belongs to this shard. One of another shard would
// have two goroutines apply to one channel.
func (r *round) owns(ch string) bool {
	if _, met := r.states[ch]; met {
		return true
	}
	return wire.ValidChannel(ch) && wire.ShardOf(ch, len(r.v.shards)) == r.shard
}

// state is the channel's as of the last event taken: from this round, from memory, or from disk.
func (r *round) state(ch string) (st *channel.State, err error) {
	if st, met := r.states[ch]; met {
		return st, nil
	}
	if st, _ = r.v.shards[r.shard].states.get(ch); st == nil {
		err = r.v.readEntered("read channel", func(disk *reader) (err error) {
			st, err = disk.state(ch)
			return err
		})
	}
	r.states[ch] = st
	return st, err
}

// unreadable is a kind of which the rules know nothing: its event moves the head and changes nothing else.
const unreadable wire.Kind = ""

// write stores an event and what it changes, and gives the next state of its channel.
func (r *round) write(e *Event, st *channel.State, record *wire.Record) *channel.State {
	next := channel.Apply(st, e.Channel, e.Kind, e.Pos, record)
	r.states[e.Channel] = next
	at := place{seq: next.Seq, pos: next.Pos}
	r.key = appendEventKey(r.key[:0], e.Channel, at)
	r.value = appendEvent(r.value[:0], next.Active, e.Kind, e.Record)
	r.set()
	if record.ClientID != "" {
		r.key = appendClientKey(r.key[:0], e.Channel, record.Sender, record.ClientID)
		r.value = appendPlace(r.value[:0], at)
		r.set()
	}
	if st == nil {
		r.writeChannel(next, nil)
	} else if e.Kind == wire.KindMeta {
		r.writeChannel(next, st.Members)
	}
	return next
}

// writeChannel stores what of a channel changes seldom, and the memberships that changed.
func (r *round) writeChannel(next *channel.State, before []string) {
	r.key = appendNamed(r.key[:0], tagChannel, next.ID)
	r.value = appendChannel(r.value[:0], next)
	r.set()
	r.value = appendNumber(r.value[:0], next.Pos)
	for _, user := range without(next.Members, before) {
		r.key = appendMemberKey(r.key[:0], user, r.shard, next.ID)
		r.set()
	}
	for _, user := range without(before, next.Members) {
		r.key = appendMemberKey(r.key[:0], user, r.shard, next.ID)
		_ = r.batch.Delete(r.key, nil)
	}
}

// commit adds the position and makes all of the round count at once.
func (r *round) commit(position uint64) error {
	r.key = appendPositionKey(r.key[:0], r.shard)
	r.value = appendNumber(r.value[:0], position)
	r.set()
	return r.batch.Commit(pebble.NoSync)
}

// set adds a key to the batch, which cannot fail: a batch is memory until it is committed.
func (r *round) set() { _ = r.batch.Set(r.key, r.value, nil) }

// without are the users of a that are not in b. Both are ascending.
func without(a, b []string) []string {
	if len(b) == 0 {
		return a
	}
	var out []string
	for _, user := range a {
		if _, found := slices.BinarySearch(b, user); !found {
			out = append(out, user)
		}
	}
	return out
}

package view

import (
	"slices"

	"natterjack/jetstream/channel"
)

// Channel returns the state of a channel, or nil if there is no such channel.
func (v *View) Channel(id string) (st *channel.State, err error) {
	v.looks(appendNamed(nil, tagHead, id))
	if st = v.shardOf(id).states.state(id); st != nil {
		return st, nil
	}
	err = v.read("read channel", func(r *reader) error {
		st, err = r.current(v, id)
		return err
	})
	return st, err
}

// Member reports whether a user is a member of a channel. It looks for the user's membership, and
// not at the channel. So a user who is not a member cannot find out by the time of an answer
// whether there is such a channel. A direct channel and a user's own channel have their members in
// the name, whether they exist or not.
func (v *View) Member(user, channel string) (member bool, err error) {
	if named := usersOf(channel); named != nil {
		return slices.Contains(named, user), nil
	}
	if v.shardOf(channel).states.member(channel, user) {
		return true, nil
	}
	err = v.read("read membership", func(r *reader) error {
		_, member, err = r.membership(user, v.shardIndex(channel), channel)
		return err
	})
	return member, err
}

// current returns the state of a channel, from memory if memory has it.
func (r *reader) current(v *View, id string) (*channel.State, error) {
	shard := v.shardIndex(id)
	states := &v.shards[shard].states
	if st := states.state(id); st != nil {
		return st, nil
	}
	h, found, err := r.head(id)
	if !found || err != nil {
		return nil, err
	}
	if !h.has(flagRich) {
		states.fill(id, h, nil, r.stamps[shard])
		return h.plain(id), nil
	}
	st, err := r.rich(id, &h)
	if err == nil {
		states.fill(id, h, st, r.stamps[shard])
	}
	return st, err
}

// asOf returns the state of a channel that has a head, as of this reader. The channel in memory may
// be some events further by now, or behind. An answer made of both would mix two moments.
func (r *reader) asOf(v *View, id string, h *head) (*channel.State, error) {
	if !h.has(flagRich) {
		return h.plain(id), nil
	}
	shard := v.shardIndex(id)
	states := &v.shards[shard].states
	if st := states.state(id); st != nil && st.Head == h.Head {
		return st, nil
	}
	st, err := r.rich(id, h)
	if err == nil {
		states.fill(id, *h, st, r.stamps[shard])
	}
	return st, err
}

// head returns a channel's head from disk, and whether it is there.
func (r *reader) head(channel string) (h head, found bool, err error) {
	r.key = appendNamed(r.key[:0], tagHead, channel)
	value, err := r.get()
	if value == nil || err != nil {
		return h, false, err
	}
	h, err = parseHead(value)
	return h, true, err
}

// rich returns the state on disk of a channel that is not plain.
func (r *reader) rich(id string, h *head) (*channel.State, error) {
	r.key = appendNamed(r.key[:0], tagChannel, id)
	value, err := r.get()
	if err != nil {
		return nil, err
	}
	if value == nil {
		return nil, errValue // the head says that there is one
	}
	st := &channel.State{ID: id, Head: h.Head}
	return st, parseChannel(value, st)
}

package view

import "natterjack/jetstream/channel"

// Channel returns the state of a channel, or nil if there is no such channel.
func (v *View) Channel(id string) (st *channel.State, err error) {
	if st = v.shardOf(id).states.state(id); st != nil {
		return st, nil
	}
	err = v.read("read channel", func(r *reader) error {
		st, err = r.current(v, id)
		return err
	})
	return st, err
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

// head returns a channel's head from disk, and whether it is there.
func (r *reader) head(id string) (h head, found bool, err error) {
	r.key = appendNamed(r.key[:0], tagHead, id)
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

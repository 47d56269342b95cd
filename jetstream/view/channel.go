package view

import "natterjack/jetstream/channel"

// Channel is the state of a channel, or nil where there is none.
func (v *View) Channel(id string) (*channel.State, error) {
	states := &v.shardOf(id).states
	st, batch := states.get(id)
	if st != nil {
		return st, nil
	}
	st, err := v.load(id)
	if st != nil && err == nil {
		states.fill(st, batch)
	}
	return st, err
}

// load is the state of a channel on disk, or nil.
func (v *View) load(id string) (st *channel.State, err error) {
	err = v.read("read channel", func(r *reader) error {
		st, err = r.state(id)
		return err
	})
	return st, err
}

package view

import "natterjack/jetstream/channel"

// Channel is the state of a channel, or nil where there is none.
func (v *View) Channel(id string) (st *channel.State, err error) {
	if st = v.shardOf(id).states.get(id); st != nil {
		return st, nil
	}
	err = v.read("read channel", func(r *reader) error {
		st, err = r.current(v, id)
		return err
	})
	return st, err
}

package view

import "natterjack/jetstream/channel"

// Channel is the state of a channel, or nil where there is none.
func (v *View) Channel(id string) (*channel.State, error) {
	states := &v.shardOf(id).states
	st, batch := states.get(id)
	if st != nil {
		return st, nil
	}
	err := v.read("read channel", func(r *reader) (err error) {
		st, err = r.state(id)
		return err
	})
	if st != nil && err == nil {
		states.fill(st, batch)
	}
	return st, err
}

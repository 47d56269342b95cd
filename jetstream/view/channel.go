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

// active is when a channel was last active, from memory or with a reader of its own, for it is asked in the middle of a scan.
func (v *View) active(id string) (at int64, err error) {
	if st, _ := v.shardOf(id).states.get(id); st != nil {
		return st.Active, nil
	}
	err = v.readEntered("read channel", func(r *reader) error {
		head, err := r.head(id)
		at = head.Active
		return err
	})
	return at, err
}

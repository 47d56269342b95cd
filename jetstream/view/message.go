package view

import (
	"natterjack/jetstream/channel"
	"natterjack/server/wire"
)

// Message is a message of a channel and what later events made of it, or nil where there is none of that seq.
func (v *View) Message(ch string, seq uint64) (m *channel.Message, err error) {
	err = v.read("read message", func(r *reader) error {
		at, found, err := r.placeFrom(ch, seq)
		if err != nil || !found || at.seq != seq {
			return err
		}
		value, err := r.it.ValueAndErr()
		if err != nil {
			return err
		}
		e, err := parseEvent(ch, r.it.Key(), value)
		if err != nil || e.Kind != wire.KindMessage {
			return err
		}
		record, err := wire.DecodeRecord(e.Record)
		if err != nil {
			return err
		}
		m = channel.Fold(nil, e.Kind, e.Pos, &record)
		return nil
	})
	return m, err
}

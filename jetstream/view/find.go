package view

import "bytes"

// Find is the event that a sender made under a client id in a channel, of whatever kind, or nil. It knows every event ever
// applied; a group's creation is among them.
func (v *View) Find(ch, sender, clientID string) (e *Event, err error) {
	err = v.read("find client id", func(r *reader) error {
		e, err = r.find(ch, sender, clientID)
		return err
	})
	return e, err
}

func (r *reader) find(ch, sender, clientID string) (*Event, error) {
	r.key = appendClientKey(r.key[:0], ch, sender, clientID)
	value, err := r.get()
	if value == nil || err != nil {
		return nil, err
	}
	at, err := parsePlace(value)
	if err != nil {
		return nil, err
	}
	r.key = appendEventKey(r.key[:0], ch, at)
	if value, err = r.get(); err != nil {
		return nil, err
	}
	if value == nil {
		return nil, errValue // the place came with the event in one batch
	}
	e, err := parseEvent(ch, r.key, value)
	e.Record = bytes.Clone(e.Record)
	return &e, err
}

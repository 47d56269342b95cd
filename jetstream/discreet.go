package jetstream

import (
	"bytes"

	"natterjack/jetstream/view"
	"natterjack/server/wire"
)

// discreet returns the record of an event as clients get it: without the invite that it names, and
// without the address of a subscription. The hash of an invite's secret is for users who manage
// invites, and get_channel tells it to them. One frame goes to all members of a channel. If the
// event refuses a request to join, the user was no member, and must not learn from its numbers how
// many messages the group has.
func discreet(ev *view.Event) []byte {
	switch {
	case ev.Kind == wire.KindSetting && bytes.Contains(ev.Record, []byte(`"push"`)):
		return withhold(ev, func(r *wire.Record) { r.Push = nil })
	case ev.Kind == wire.KindMeta && (ev.Refused || bytes.Contains(ev.Record, []byte(`"invite"`))):
		return withhold(ev, func(r *wire.Record) {
			if r.Meta != nil {
				r.Meta.Invite = nil
			}
			if ev.Refused {
				r.Version, r.After, r.Last = 0, 0, 0
			}
		})
	default:
		return ev.Record
	}
}

// withhold returns the record of an event without the parts that f takes from it.
func withhold(ev *view.Event, f func(r *wire.Record)) []byte {
	r, err := wire.DecodeRecord(ev.Record)
	if err == nil {
		f(&r)
		var record []byte
		if record, err = wire.EncodeRecord(&r); err == nil {
			return record
		}
	}
	return []byte(`{"kind":"` + ev.Kind + `"}`) // the view has decoded it before, so this cannot be
}

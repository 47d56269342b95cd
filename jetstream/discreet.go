package jetstream

import (
	"bytes"

	"natterjack/jetstream/view"
	"natterjack/server/wire"
)

// discreet returns the record of an event as clients get it: without the invite that it names.
// The hash of a secret is for users who manage invites, and get_channel tells it to them. One
// frame goes to all members of a channel.
func discreet(ev *view.Event) []byte {
	if ev.Kind != wire.KindMeta || !bytes.Contains(ev.Record, []byte(`"invite"`)) {
		return ev.Record
	}
	r, err := wire.DecodeRecord(ev.Record)
	if err != nil || r.Meta == nil || r.Meta.Invite == nil {
		return ev.Record
	}
	r.Meta.Invite = nil
	record, err := wire.EncodeRecord(&r)
	if err != nil {
		return ev.Record
	}
	return record
}

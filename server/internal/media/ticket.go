package media

import (
	"fmt"

	"github.com/go-json-experiment/json"

	"natterjack/jetstream/uploads"
	"natterjack/server/internal/media/ticket"
	"natterjack/server/wire"
)

// attach returns a ticket for a file that is ready. It is valid as long as the record: after that
// the sweep may delete the file.
func (m *Media) attach(r *uploads.Record) (wire.Attached, error) {
	facts, err := json.Marshal(r.Attachment)
	if err != nil {
		return wire.Attached{}, fmt.Errorf("media: encode the facts about %s: %w", r.Media, err)
	}
	text, err := m.tickets.Issue(ticket.Ticket{Media: r.Media, Owner: r.User, Channel: r.Channel, Purpose: string(r.Purpose), Expires: r.Expires, Revision: r.Revision(), Facts: facts})
	return wire.Attached{Attachment: *r.Attachment, Ticket: text, Expires: r.Expires}, err
}

func attachmentOf(t *ticket.Ticket) (a wire.Attachment, err error) {
	if err := json.Unmarshal(t.Facts, &a); err != nil || a.ID != t.Media {
		return wire.Attachment{}, wire.Errorf(wire.CodeInvalid, "ticket: was issued by a node of a much older or newer version; complete the upload again")
	}
	return a, nil
}

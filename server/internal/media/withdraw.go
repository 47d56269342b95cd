package media

import (
	"context"
	"errors"
	"time"

	"natterjack/jetstream/uploads"
	"natterjack/server/internal/media/ticket"
	"natterjack/server/wire"
)

// gone returns the error for a file that is about to be removed, or was removed.
func gone(of string) error {
	return wire.Errorf(wire.CodeInvalid, "%s: the file was removed, because nothing used it any more; upload it again", of)
}

// current returns an error if a ticket is no longer valid. It asks no other node, so this node may
// not have heard yet that the file was withdrawn. It hears of that within [uploads.Late], or knows
// that it may not have heard.
func (m *Media) current(t *ticket.Ticket) error {
	if !m.records.Fresh() {
		return wire.Errorf(wire.CodeUnavailable, "this node cannot tell now whether the file is still there; retry").After(time.Second)
	}
	knows := m.records.Passed(t.Revision) // before the records are asked
	r := m.records.Latest(t.Media)
	later := r != nil && r.Revision() >= t.Revision
	if later && r.Media == t.Media && r.State == uploads.Ready {
		return nil
	}
	if later || knows {
		return gone("ticket")
	}
	return nil // another node has just taken the file in
}

// Withdraw makes the tickets of a file invalid for good, and returns since when this node has known
// that they are. If there are none, it returns a time long ago. Other nodes hear of it within
// [uploads.Late]. Each node counts the time by itself, because the clocks of two may differ.
func (m *Media) Withdraw(ctx context.Context, media string) (since time.Time, err error) {
	if m.storage == nil {
		return since, nil
	}
	for range tries {
		if since, err = m.withdraw(ctx, media); !errors.Is(err, uploads.ErrChanged) {
			break
		}
	}
	return since, err
}

func (m *Media) withdraw(ctx context.Context, media string) (since time.Time, err error) {
	if err := m.records.AwaitLevel(ctx); err != nil {
		return since, err
	}
	r := m.records.Latest(media)
	if r == nil {
		return since, nil // the record had expired, and with it the tickets
	}
	if r.Media == media && r.State == uploads.Ready {
		r.State, r.Attachment = uploads.Removed, nil
		if err := m.records.Put(ctx, r); err != nil {
			return since, err
		}
	}
	return r.Heard(), nil
}

// Remove removes the objects of a file from storage. The caller makes sure that no message has the
// file, or will have it. Remove may be repeated. After an error it has to be.
func (m *Media) Remove(ctx context.Context, media string) error {
	if m.storage == nil {
		return nil
	}
	return removeAll(ctx, m.storage, media)
}

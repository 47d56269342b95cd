package channel

import (
	"natterjack/server/wire"
)

// edit is for the sender alone, and of his own words: nobody puts words into another's mouth, nor claims those that he passed on.
func (a *act) edit(c wire.Edit) ([]wire.Record, error) {
	m, err := a.message(c.Seq)
	switch {
	case err != nil:
		return nil, err
	case m == nil:
		return nil, noMessage()
	case m.Sender != a.user:
		return nil, wire.Errorf(wire.CodeForbidden, "seq: only its sender may edit a message")
	case m.Deleted:
		return nil, deleted()
	case m.Content != nil && m.Content.Forwarded != nil:
		return nil, wire.Errorf(wire.CodeForbidden, "seq: these are another's words, which are not edited")
	case m.Content != nil && m.Content.Equal(c.Content):
		return nil, nil
	}
	if err := a.validReply(c.Content.ReplyTo, c.Seq); err != nil {
		return nil, err
	}
	content := c.Content
	return a.event(wire.KindEdit, wire.Record{Target: c.Seq, Content: &content}), nil
}

// erase is for the sender, and in a group for an admin or the owner where the sender's role is below; in a direct channel for the sender
// alone. What stays of the message goes into the event: the message itself will be gone from the log when a view is built anew.
func (a *act) erase(c wire.Delete) ([]wire.Record, error) {
	m, err := a.message(c.Seq)
	switch {
	case err != nil:
		return nil, err
	case m == nil:
		return nil, noMessage()
	}
	if err := a.mayErase(m); err != nil || m.Deleted {
		return nil, err
	}
	erased := &wire.Erased{ID: m.ID, ClientID: m.ClientID, Sender: m.Sender, Timestamp: m.Timestamp}
	return a.event(wire.KindDelete, wire.Record{Target: c.Seq, Erased: erased}), nil
}

func (a *act) mayErase(m *Message) error {
	moderator := a.st.Kind == wire.Group && rank(a.st.Role(a.user)) >= rank(wire.RoleAdmin)
	switch {
	case m.Sender == a.user:
		return nil
	case !moderator:
		return wire.Errorf(wire.CodeForbidden, "seq: only its sender may delete a message, and in a group admins and the owner")
	case !a.below(m.Sender):
		return notBelow("seq")
	}
	return nil
}

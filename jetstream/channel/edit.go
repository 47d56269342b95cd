package channel

import (
	"natterjack/server/wire"
)

// edit changes a message. Only its sender may edit it, and only if it is not forwarded: a user may
// not change another user's words, or pass off forwarded words as their own.
func (a *act) edit(c wire.Edit) ([]wire.Record, error) {
	m, err := a.message(c.Seq)
	switch {
	case err != nil:
		return nil, err
	case m == nil:
		return nil, noMessage()
	case m.Sender != a.user:
		return nil, wire.Errorf(wire.CodeForbidden, "seq: only the sender may edit a message")
	case m.Deleted:
		return nil, deleted()
	case m.Content != nil && m.Content.Forwarded != nil:
		return nil, wire.Errorf(wire.CodeForbidden, "seq: a forwarded message cannot be edited")
	}
	content := c.Content
	if content.Attachments, err = kept(m.Content, c.Content.Attachments); err != nil {
		return nil, err
	}
	switch {
	case m.Content != nil && m.Content.Equal(content):
		return nil, nil
	case a.env.MaxEdits > 0 && m.Edits >= a.env.MaxEdits:
		return nil, wire.Errorf(wire.CodeTooLarge, "seq: the message was edited %d times, which is the most; send a new message instead", m.Edits)
	}
	if err := a.validReply(c.Content.ReplyTo, c.Seq); err != nil {
		return nil, err
	}
	return append(a.here(c.Seq, m.Content, &content), a.event(wire.KindEdit, wire.Record{Target: c.Seq, Content: &content})...), nil
}

// erase deletes a message. The sender may delete it. In a group, an admin or the owner may delete
// it too if the sender's role is lower. The event contains the members that remain of the message,
// because the message itself is gone from the log when a view is rebuilt.
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
	erased := &wire.Erased{ID: m.ID, ClientID: m.ClientID, Sender: m.Sender, Timestamp: m.Timestamp, Said: a.said()}
	return a.event(wire.KindDelete, wire.Record{Target: c.Seq, Erased: erased}), nil
}

// said returns the time of the channel's last message, as far as it counts.
func (a *act) said() int64 {
	if a.env.Dated == nil || a.st.SaidAt == 0 {
		return a.st.Said
	}
	return a.env.Dated(a.st.SaidAt, a.st.Said)
}

func (a *act) mayErase(m *Message) error {
	moderator := a.st.Kind == wire.Group && rank(a.st.Role(a.user)) >= rank(wire.RoleAdmin)
	switch {
	case m.Sender == a.user:
		return nil
	case !moderator:
		return wire.Errorf(wire.CodeForbidden, "seq: only the sender may delete a message; in a group also admins and the owner")
	case !a.below(m.Sender):
		return notBelow("seq")
	}
	return nil
}

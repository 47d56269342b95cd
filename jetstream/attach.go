package jetstream

import (
	"cmp"
	"errors"
	"slices"
	"strconv"
	"sync/atomic"

	"natterjack/server/wire"
)

// Attachments knows the files that users have uploaded.
type Attachments interface {
	// Open returns the file for which a ticket was made. If the ticket is none, or not this user's
	// in this channel, or has expired, the error is a [*wire.Error] whose text begins with the name
	// of the member: "ticket: has expired". Open must not wait.
	Open(user, channel, ticket string) (wire.Attachment, error)
	// OpenPicture returns the picture for which a ticket was made, for the channel's own use. In
	// all else it is as Open.
	OpenPicture(user, channel, ticket string) (wire.Picture, error)
}

// tickets opens the tickets of attachments.
type tickets struct {
	by atomic.Pointer[Attachments]
}

// TakeAttachments sets the opener of tickets. It replaces an earlier one. Without it, messages with
// attachments are refused.
func (l *Log) TakeAttachments(by Attachments) { l.tickets.by.Store(&by) }

// opened returns a command with the facts about its files in the place of their tickets. So the
// writer asks nobody, and no ticket is stored. If a ticket cannot be opened, or the command is not
// allowed on this server, the writer has to refuse the command with the error. The writer does that
// only if the command is no retry: the ticket of a message that was stored may have expired since.
func (l *Log) opened(user string, cmd wire.Change) (wire.Change, error) {
	switch c := cmd.(type) {
	case wire.Send:
		if len(c.Content.Attachments) > 0 {
			return l.openedSend(user, c)
		}
	case wire.SetProfile:
		picture, err := l.openPicture(user, c.Place(user), c.Picture)
		c.Picture = picture
		return c, cmp.Or(l.allowed(&c), err)
	case wire.SubscribePush:
		return c, l.receivers.accept(&c)
	case wire.UpdateChannel:
		picture, err := l.openPicture(user, c.Channel, c.Picture)
		c.Picture = picture
		return c, err
	}
	return cmd, nil
}

func (l *Log) openedSend(user string, send wire.Send) (wire.Send, error) {
	place, attachments := send.Place(user), slices.Clone(send.Content.Attachments)
	send.Content.Attachments = attachments
	var refusal error
	for i := range attachments {
		facts, err := l.open(user, place, &attachments[i])
		if err != nil && refusal == nil {
			refusal = at(i, err)
		}
		attachments[i] = facts
	}
	return send, refusal
}

// openPicture returns a picture with its facts or, with an error, the picture as its user gave it.
// Nil, and a picture without an id, stay as they are.
func (l *Log) openPicture(user, place string, p *wire.Picture) (*wire.Picture, error) {
	if p == nil || *p == (wire.Picture{}) {
		return p, nil
	}
	given := &wire.Picture{ID: p.ID}
	by := l.tickets.by.Load()
	if by == nil {
		return given, wire.Errorf(wire.CodeInvalid, "picture.ticket: this server stores no media")
	}
	facts, err := (*by).OpenPicture(user, place, p.Ticket)
	if err == nil && facts.ID != p.ID {
		err = wire.Errorf(wire.CodeInvalid, "ticket: is for another file; give id and ticket of the same file")
	}
	if err != nil {
		return given, within("picture", err)
	}
	return &facts, facts.Validate()
}

// open returns an attachment with its facts or, with an error, the attachment as its sender gave
// it.
func (l *Log) open(user, place string, a *wire.Attachment) (wire.Attachment, error) {
	by := l.tickets.by.Load()
	if by == nil {
		return a.Given(), wire.Errorf(wire.CodeInvalid, "ticket: this server stores no media")
	}
	facts, err := (*by).Open(user, place, a.Ticket)
	if err == nil && facts.ID != a.ID {
		err = wire.Errorf(wire.CodeInvalid, "ticket: is for another file; give id and ticket of the same file")
	}
	facts.Caption = a.Caption
	if err == nil {
		err = facts.Validate()
	}
	if err != nil {
		return a.Given(), err
	}
	return facts, nil
}

// at says which attachment an error is about.
func at(i int, err error) error { return within("content.attachments."+strconv.Itoa(i), err) }

// within says of which member an error names a member.
func within(member string, err error) error {
	e, ok := errors.AsType[*wire.Error](err)
	if !ok {
		return err
	}
	return wire.Errorf(e.Code, "%s.%s", member, e.Message)
}

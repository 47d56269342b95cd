package channel

import (
	"slices"

	"natterjack/server/wire"
)

// withFacts returns an error if some attachment of a send has no facts. The node that takes a send
// from its client puts the facts in the place of each ticket, so that the rules need to ask
// nobody, and no ticket is ever stored.
func withFacts(attachments []wire.Attachment) error {
	i := slices.IndexFunc(attachments, func(a wire.Attachment) bool { return a.Ticket != "" || a.Kind == "" })
	if i < 0 {
		return nil
	}
	return wire.Errorf(wire.CodeInvalid, "content.attachments.%d.ticket: cannot be used", i)
}

// kept returns the attachments of a message after an edit that names some of them. Nil names all
// of them, because clients that do not know attachments edit texts too. The facts stay as they
// were.
func kept(before *wire.Content, named []wire.Attachment) ([]wire.Attachment, error) {
	var has []wire.Attachment
	if before != nil {
		has = before.Attachments
	}
	if named == nil {
		return has, nil
	}
	var kept []wire.Attachment
	for i := range named {
		at := slices.IndexFunc(has, func(a wire.Attachment) bool { return a.ID == named[i].ID })
		if at < 0 {
			return nil, wire.Errorf(wire.CodeInvalid, "content.attachments.%d.id: the message has no such attachment; an edit cannot add any", i)
		}
		one := has[at]
		one.Caption = named[i].Caption
		kept = append(kept, one)
	}
	return kept, nil
}

// given returns a content whose attachments have only the members that a client may give. The facts
// are the server's, and a client that tries again may have another ticket, or one that has expired.
func given(c *wire.Content) wire.Content {
	content := *c
	content.Attachments = nil
	for i := range c.Attachments {
		content.Attachments = append(content.Attachments, c.Attachments[i].Given())
	}
	return content
}

// sameEdit reports whether an edit that was stored is the one that a command asks for. A command
// that names no attachments keeps all of them.
func sameEdit(stored, sent *wire.Content) bool {
	was := given(stored)
	if sent.Attachments == nil {
		was.Attachments = nil
	}
	return was.Equal(given(sent))
}

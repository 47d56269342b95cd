package natter

import (
	"context"
	"math"

	"natterjack/server/wire"
)

// Ack tells where a message is stored.
type Ack = wire.Ack

// SendOption is an option of [Client.Send], [Client.SendTo] and [Client.CreateGroup].
type SendOption func(*sendOptions)

type sendOptions struct {
	clientID    string
	attachments []Attachment
}

// WithClientID sets the client id, which is random otherwise. An application may store a
// message before it sends it. After a restart it sends the message again under the same id, and
// gets the first ack if the message was stored then.
func WithClientID(id string) SendOption { return func(o *sendOptions) { o.clientID = id } }

// WithAttachments attaches uploaded files to a message of [Client.Send] or [Client.SendTo], in this
// order and with their captions. Then its text may be empty. The files must have been uploaded for
// the same channel.
func WithAttachments(files ...Attached) SendOption {
	return func(o *sendOptions) {
		for i := range files {
			a := &files[i].Attachment
			o.attachments = append(o.attachments, Attachment{ID: a.ID, Ticket: files[i].Ticket, Caption: a.Caption})
		}
	}
}

func applied(options []SendOption) sendOptions {
	o := sendOptions{}
	for _, apply := range options {
		apply(&o)
	}
	if o.clientID == "" {
		o.clientID = newClientID()
	}
	return o
}

// Send stores a text in a channel and returns once it is stored. Until then it waits for a
// connection, for the messages before it, and for the server, as long as ctx lasts. Texts that
// one goroutine sends to one channel are stored in that order. If the server refuses the
// message, the error is the server's [*Error]. Any other error is an [*UnacknowledgedError].
//
// If an application gives up a message that may be stored and sends another one, the two may
// appear in either order.
func (c *Client) Send(ctx context.Context, channel, text string, options ...SendOption) (Ack, error) {
	return c.send(ctx, wire.Send{Channel: channel, Content: wire.Content{Text: text}}, options)
}

// SendTo sends a text like [Client.Send] to the direct channel with a user. It opens the
// channel if there is none yet.
func (c *Client) SendTo(ctx context.Context, user, text string, options ...SendOption) (Ack, error) {
	return c.send(ctx, wire.Send{To: user, Content: wire.Content{Text: text}}, options)
}

// Direct returns the direct channel with a user. It waits until there is a connection, which
// tells the user of this client.
func (c *Client) Direct(ctx context.Context, user string) (channel string, err error) {
	s, err := c.Session(ctx)
	if err != nil {
		return "", err
	}
	return wire.DirectChannel(s.User, user), nil
}

func (c *Client) send(ctx context.Context, s wire.Send, options []SendOption) (Ack, error) {
	o := applied(options)
	s.ClientID, s.Content.Attachments = o.clientID, o.attachments
	if err := s.Validate(unlimited); err != nil {
		return Ack{}, err
	}
	r := newRequest(func(ref uint64) wire.Command {
		s.Ref = wire.Ref{Ref: ref}
		return s
	})
	r.clientID = s.ClientID
	r.channel = func(user string) string {
		if s.To != "" {
			return wire.DirectChannel(user, s.To)
		}
		return s.Channel
	}
	return call[Ack](ctx, c, r)
}

// unlimited checks no limits. The session that writes the command knows the limits and checks
// them.
var unlimited = wire.Limits{
	FrameBytes: math.MaxInt, TextBytes: math.MaxInt, InFlight: math.MaxInt,
	GroupMembers: math.MaxInt, HistoryEvents: math.MaxInt, MessageEdits: math.MaxInt,
}

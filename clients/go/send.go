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

type sendOptions struct{ clientID string }

// WithClientID gives the client id instead of a random one. An application that stores a message before sending it
// sends it again under the same id after a restart, and gets the ack of the first time if it was stored then.
func WithClientID(id string) SendOption { return func(o *sendOptions) { o.clientID = id } }

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

// Send stores a text in a channel and returns once it is stored; until then it waits for a connection, for the
// messages before it, and for the server, as long as ctx lasts. Texts sent to one channel by one goroutine are stored in that
// order. The error is the server's [*Error] where it refuses the message, or else an [*UnacknowledgedError].
//
// Whoever gives up a message that may be stored and sends another one may see the two in either order.
func (c *Client) Send(ctx context.Context, channel, text string, options ...SendOption) (Ack, error) {
	return c.send(ctx, wire.Send{Channel: channel, Content: wire.Content{Text: text}}, options)
}

// SendTo is [Client.Send] to the direct channel with a user, which it opens where there is none yet.
func (c *Client) SendTo(ctx context.Context, user, text string, options ...SendOption) (Ack, error) {
	return c.send(ctx, wire.Send{To: user, Content: wire.Content{Text: text}}, options)
}

// Direct is the direct channel with a user. It waits until there is a connection, which tells who this client's user is.
func (c *Client) Direct(ctx context.Context, user string) (channel string, err error) {
	s, err := c.Session(ctx)
	if err != nil {
		return "", err
	}
	return wire.DirectChannel(s.User, user), nil
}

func (c *Client) send(ctx context.Context, s wire.Send, options []SendOption) (Ack, error) {
	s.ClientID = applied(options).clientID
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

// unlimited leaves the limits to the session that writes the command, which knows them.
var unlimited = wire.Limits{
	FrameBytes: math.MaxInt, TextBytes: math.MaxInt, InFlight: math.MaxInt,
	GroupMembers: math.MaxInt, HistoryEvents: math.MaxInt,
}

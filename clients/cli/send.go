package main

import (
	"context"
	"fmt"

	natter "natterjack/clients/go"
	"natterjack/server/wire"
)

// target holds the option for the channel that a command concerns.
type target struct {
	Channel string `placeholder:"ID" help:"The channel."`
}

// pick returns the id of the channel: the given one, or the direct channel with a user that a
// flag names.
func (g target) pick(s natter.Session, flag, user string) (string, error) {
	return pick(s, flag, user, "--channel", g.Channel)
}

// pick does the same where another flag names the channel.
func pick(s natter.Session, flag, user, place, channel string) (string, error) {
	switch {
	case (channel == "") == (user == ""):
		return "", usage(flag + ", " + place + ": give exactly one of the two")
	case user != "" && !wire.ValidUser(user):
		return "", usage(flag + ": " + userGrammar)
	case user != "":
		return wire.DirectChannel(s.User, user), nil
	case !wire.ValidChannel(channel):
		return "", usage(place + ": is not the id of a channel; natter channels shows the ids")
	}
	return channel, nil
}

type sendCmd struct {
	account
	patience
	target
	To       string `placeholder:"USER" help:"The user to send to, in the direct channel with that user."`
	ClientID string `name:"client-id" placeholder:"ID" help:"Id for this send. If you send again with the same id, the message is stored once."`
	Text     string `arg:"" help:"The text; - reads it from standard input."`
}

// Run implements the command.
func (c *sendCmd) Run(ctx context.Context, t *terminal) error {
	if _, err := c.pick(natter.Session{}, "--to", c.To); err != nil {
		return err
	}
	if c.ClientID != "" && !wire.ValidClientID(c.ClientID) {
		return usage(fmt.Sprintf("--client-id: give 1 to %d printable ASCII characters without space", wire.MaxClientIDLen))
	}
	text, err := t.text(c.Text)
	if err != nil {
		return err
	}
	ctx, cancel := c.context(ctx)
	defer cancel()
	return c.act(ctx, t, func(ctx context.Context, client *natter.Client, s natter.Session) error {
		channel, err := c.pick(s, "--to", c.To)
		if err != nil {
			return err
		}
		ack, err := client.Send(ctx, channel, text, natter.WithClientID(c.ClientID))
		if err != nil {
			return err
		}
		return c.print(t, s.User, text, &ack)
	})
}

func (c *sendCmd) print(t *terminal, user, text string, ack *natter.Ack) error {
	p := c.printer(t)
	if !p.json {
		_, err := fmt.Fprintf(t.out, "stored as message %d of %s\n", ack.Seq, oneLine(ack.Channel))
		return err
	}
	return p.event(&natter.Event{Shard: ack.Shard, Pos: ack.Pos, Channel: ack.Channel, Record: wire.Record{
		Kind: wire.KindMessage,
		ID:   ack.ID, ClientID: ack.ClientID, Sender: user, Seq: ack.Seq, Timestamp: ack.Timestamp, Content: &wire.Content{Text: text},
	}})
}

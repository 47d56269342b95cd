package main

import (
	"context"
	"fmt"

	natter "natterjack/clients/go"
)

// change holds the options that all commands have that change a channel.
type change struct {
	account
	patience
	target
}

// in calls do with the channel that the flags name.
func (c *change) in(ctx context.Context, t *terminal, with string, do func(context.Context, *natter.Client, string) error) error {
	if _, err := c.pick(natter.Session{}, "--with", with); err != nil {
		return err
	}
	ctx, cancel := c.context(ctx)
	defer cancel()
	return c.act(ctx, t, func(ctx context.Context, client *natter.Client, s natter.Session) error {
		channel, err := c.pick(s, "--with", with)
		if err != nil {
			return err
		}
		return do(ctx, client, channel)
	})
}

// do has one change stored and prints that it is.
func (c *change) do(ctx context.Context, t *terminal, with string, store func(context.Context, *natter.Client, string) (natter.Ack, error)) error {
	return c.in(ctx, t, with, func(ctx context.Context, client *natter.Client, channel string) error {
		ack, err := store(ctx, client, channel)
		if err != nil {
			return err
		}
		return c.stored(t, ack)
	})
}

// stored prints that a change is stored.
func (a *account) stored(t *terminal, ack natter.Ack) error {
	return printAll(a, t, []natter.Ack{ack}, func(natter.Ack) string { return "stored" })
}

// printAll prints values, one a line: as JSON for scripts, in words for people.
func printAll[T any](a *account, t *terminal, values []T, words func(T) string) (err error) {
	for _, v := range values {
		if a.JSON {
			err = a.printer(t).object(v)
		} else {
			_, err = fmt.Fprintln(t.out, words(v))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// about is a change of one message.
type about struct {
	change
	With string `placeholder:"USER" help:"The direct channel with that user."`
	Seq  uint64 `arg:"" help:"The message's number in the channel."`
}

type editCmd struct {
	about
	Text string `arg:"" help:"The new text; - reads it from standard input."`
}

// Run implements the command.
func (c *editCmd) Run(ctx context.Context, t *terminal) error {
	text, err := t.text(c.Text)
	if err != nil {
		return err
	}
	return c.do(ctx, t, c.With, func(ctx context.Context, client *natter.Client, channel string) (natter.Ack, error) {
		return client.Edit(ctx, channel, c.Seq, natter.Content{Text: text})
	})
}

type forwardCmd struct {
	about
	To string `required:"" placeholder:"USER" help:"The user to send to, in the direct channel with that user."`
}

// Run implements the command.
func (c *forwardCmd) Run(ctx context.Context, t *terminal) error {
	return c.do(ctx, t, c.With, func(ctx context.Context, client *natter.Client, channel string) (natter.Ack, error) {
		to, err := client.Direct(ctx, c.To)
		if err != nil {
			return natter.Ack{}, err
		}
		return client.Forward(ctx, to, channel, c.Seq)
	})
}

type deleteCmd struct{ about }

// Run implements the command.
func (c *deleteCmd) Run(ctx context.Context, t *terminal) error {
	return c.do(ctx, t, c.With, func(ctx context.Context, client *natter.Client, channel string) (natter.Ack, error) {
		return client.Delete(ctx, channel, c.Seq)
	})
}

type reactCmd struct {
	about
	Emoji  string `arg:"" help:"The emoji."`
	Remove bool   `help:"Take the reaction back."`
}

// Run implements the command.
func (c *reactCmd) Run(ctx context.Context, t *terminal) error {
	return c.do(ctx, t, c.With, func(ctx context.Context, client *natter.Client, channel string) (natter.Ack, error) {
		if c.Remove {
			return client.Unreact(ctx, channel, c.Seq, c.Emoji)
		}
		return client.React(ctx, channel, c.Seq, c.Emoji)
	})
}

type pinCmd struct {
	about
	Remove bool `help:"Remove the pin."`
}

// Run implements the command.
func (c *pinCmd) Run(ctx context.Context, t *terminal) error {
	return c.do(ctx, t, c.With, func(ctx context.Context, client *natter.Client, channel string) (natter.Ack, error) {
		if c.Remove {
			return client.Unpin(ctx, channel, c.Seq)
		}
		return client.Pin(ctx, channel, c.Seq)
	})
}

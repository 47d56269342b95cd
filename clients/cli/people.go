package main

import (
	"context"
	"fmt"
	"time"

	natter "natterjack/clients/go"
	"natterjack/server/wire"
)

type readCmd struct{ about }

// Run implements the command.
func (c *readCmd) Run(ctx context.Context, t *terminal) error {
	return c.in(ctx, t, c.With, func(ctx context.Context, client *natter.Client, channel string) error {
		return client.Read(ctx, channel, c.Seq)
	})
}

type receiptsCmd struct {
	change
	With string `placeholder:"USER" help:"The direct channel with that user."`
}

// Run implements the command.
func (c *receiptsCmd) Run(ctx context.Context, t *terminal) error {
	return c.in(ctx, t, c.With, func(ctx context.Context, client *natter.Client, channel string) error {
		receipts, err := client.Receipts(ctx, channel)
		if err != nil {
			return err
		}
		return printAll(&c.account, t, receipts, func(r natter.Receipt) string {
			return fmt.Sprintf("%s  read %d  received %d", oneLine(r.User), r.Read, r.Delivered)
		})
	})
}

type presenceCmd struct {
	account
	patience
	Users []string `arg:"" help:"Users whose presence to show."`
}

// Run implements the command.
func (c *presenceCmd) Run(ctx context.Context, t *terminal) error {
	ctx, cancel := c.context(ctx)
	defer cancel()
	return c.act(ctx, t, func(ctx context.Context, client *natter.Client, _ natter.Session) error {
		people, err := client.Presence(ctx, c.Users...)
		if err != nil {
			return err
		}
		return printAll(&c.account, t, people, func(p natter.UserPresence) string {
			return fmt.Sprintf("%s  %s%s", oneLine(p.User), oneLine(string(p.State)), since(p.LastSeen))
		})
	})
}

func since(ms int64) string {
	if ms == 0 {
		return ""
	}
	return " since " + time.UnixMilli(ms).Format(time.DateTime)
}

type sessionsCmd struct {
	account
	patience
	SignOut string `placeholder:"ID" help:"Sign out this session, and all others with the same token."`
}

// Run implements the command.
func (c *sessionsCmd) Run(ctx context.Context, t *terminal) error {
	ctx, cancel := c.context(ctx)
	defer cancel()
	return c.act(ctx, t, func(ctx context.Context, client *natter.Client, _ natter.Session) error {
		if c.SignOut != "" {
			return client.SignOut(ctx, c.SignOut)
		}
		sessions, err := client.Sessions(ctx)
		if err != nil {
			return err
		}
		return printAll(&c.account, t, sessions, func(s wire.Session) string {
			return fmt.Sprintf("%s  %s  %s  %s  %s%s", oneLine(s.ID), time.UnixMilli(s.Started).Format(time.DateTime),
				oneLine(s.Transport), oneLine(s.Address), oneLine(s.Agent), choose(s.Current, "  (this one)", ""))
		})
	})
}

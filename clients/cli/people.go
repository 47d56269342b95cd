package main

import (
	"context"
	"fmt"
	"time"

	natter "natterjack/clients/go"
)

type readCmd struct{ about }

// Run implements the command.
func (c *readCmd) Run(ctx context.Context, t *terminal) error {
	if _, err := c.pick(natter.Session{}, "--with", c.With); err != nil {
		return err
	}
	ctx, cancel := c.context(ctx)
	defer cancel()
	return c.act(ctx, t, func(ctx context.Context, client *natter.Client, s natter.Session) error {
		channel, err := c.pick(s, "--with", c.With)
		if err != nil {
			return err
		}
		return client.Read(ctx, channel, c.Seq)
	})
}

type receiptsCmd struct {
	change
	With string `placeholder:"USER" help:"The direct channel with that user."`
}

// Run implements the command.
func (c *receiptsCmd) Run(ctx context.Context, t *terminal) error {
	if _, err := c.pick(natter.Session{}, "--with", c.With); err != nil {
		return err
	}
	ctx, cancel := c.context(ctx)
	defer cancel()
	return c.act(ctx, t, func(ctx context.Context, client *natter.Client, s natter.Session) error {
		channel, err := c.pick(s, "--with", c.With)
		if err != nil {
			return err
		}
		receipts, err := client.Receipts(ctx, channel)
		if err != nil {
			return err
		}
		for _, r := range receipts {
			if c.JSON {
				err = c.printer(t).object(r)
			} else {
				_, err = fmt.Fprintf(t.out, "%s  read %d  received %d\n", oneLine(r.User), r.Read, r.Delivered)
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
}

type presenceCmd struct {
	account
	patience
	Users []string `arg:"" help:"Whose."`
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
		for _, p := range people {
			if c.JSON {
				err = c.printer(t).object(p)
			} else {
				_, err = fmt.Fprintf(t.out, "%s  %s%s\n", oneLine(p.User), oneLine(string(p.State)), since(p.LastSeen))
			}
			if err != nil {
				return err
			}
		}
		return nil
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
	SignOut string `placeholder:"ID" help:"Sign this one out, and all others of its token."`
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
		for _, s := range sessions {
			if c.JSON {
				err = c.printer(t).object(s)
			} else {
				_, err = fmt.Fprintf(t.out, "%s  %s  %s  %s  %s%s\n", oneLine(s.ID), time.UnixMilli(s.Started).Format(time.DateTime),
					oneLine(s.Transport), oneLine(s.Address), oneLine(s.Agent), choose(s.Current, "  (this one)", ""))
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
}

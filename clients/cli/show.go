package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	natter "natterjack/clients/go"
	"natterjack/server/wire"
)

type groupShowCmd struct{ change }

// Run implements the command.
func (c *groupShowCmd) Run(ctx context.Context, t *terminal) error {
	return c.in(ctx, t, "", func(ctx context.Context, client *natter.Client, channel string) error {
		ch, err := client.Channel(ctx, channel)
		if err != nil {
			return err
		}
		if c.JSON {
			return c.printer(t).object(ch)
		}
		for _, row := range shown(&ch) {
			if row[1] == "" {
				continue
			}
			if _, err := fmt.Fprintf(t.out, "%-10s %s\n", row[0], oneLine(row[1])); err != nil {
				return err
			}
		}
		return nil
	})
}

// shown describes a channel in words: each row is a name and a value.
func shown(ch *wire.Channel) (rows [][2]string) {
	c, list := &ch.Channel, func(users []string) string { return strings.Join(users, ", ") }
	plain := slices.DeleteFunc(slices.Clone(c.Members), func(user string) bool {
		return user == ch.Owner || slices.Contains(ch.Admins, user) || slices.Contains(ch.Readers, user)
	})
	slow := ""
	if c.SlowModeS > 0 {
		slow = (time.Duration(c.SlowModeS) * time.Second).String() + " between two messages of a member"
	}
	rows = [][2]string{
		{"id", c.ID},
		{"name", c.Name},
		{"topic", c.Topic},
		{"picture", idOf(c.Picture)},
		{"archived", choose(c.Archived, "yes", "")},
		{"slow mode", slow},
		{"owner", ch.Owner},
		{"admins", list(ch.Admins)},
		{"members", list(plain)},
		{"readers", list(ch.Readers)},
		{"asking", list(ch.Requested)},
		{"banned", list(ch.Banned)},
	}
	for i := range ch.Invites {
		rows = append(rows, [2]string{"invite", invited(&ch.Invites[i])})
	}
	return rows
}

func idOf(p *natter.Picture) string {
	if p == nil {
		return ""
	}
	return p.ID
}

// invited describes an invite in words. Its secret is known only to the people who were given
// it.
func invited(i *wire.Invite) string {
	words := i.Hash[:min(len(i.Hash), 12)] + "…"
	if i.Uses > 0 {
		words += fmt.Sprintf(", %d more uses", i.Uses)
	}
	if i.Expires > 0 {
		words += ", until " + time.UnixMilli(i.Expires).Format(time.DateTime)
	}
	return words + choose(i.Approval, ", admins must let in each user who comes with it", "")
}

type versionsCmd struct{ about }

// Run implements the command.
func (c *versionsCmd) Run(ctx context.Context, t *terminal) error {
	return c.in(ctx, t, c.With, func(ctx context.Context, client *natter.Client, channel string) error {
		versions, err := client.Versions(ctx, channel, c.Seq)
		if err != nil {
			return err
		}
		return printAll(&c.account, t, versions, func(v wire.MessageVersion) string {
			return time.UnixMilli(v.Timestamp).Format(time.DateTime) + "  " + worded(&v.Content)
		})
	})
}

type pinsCmd struct {
	change
	With string `placeholder:"USER" help:"The direct channel with that user."`
}

// Run implements the command.
func (c *pinsCmd) Run(ctx context.Context, t *terminal) error {
	return c.in(ctx, t, c.With, func(ctx context.Context, client *natter.Client, channel string) error {
		events, err := client.Pins(ctx, channel)
		if err != nil {
			return err
		}
		return c.printer(t).events(events)
	})
}

package main

import (
	"context"
	"fmt"

	natter "natterjack/clients/go"
	"natterjack/server/wire"
)

type groupCmd struct {
	Create groupCreateCmd `cmd:"" help:"Make a group."`
	Show   groupShowCmd   `cmd:"" help:"Tell a group's settings, its members and their roles; to admins, who asks to join, who is banned, and the invites."`
	Set    groupSetCmd    `cmd:"" help:"Change a group's settings."`
	Add    groupAddCmd    `cmd:"" help:"Add members."`
	Remove groupRemoveCmd `cmd:"" help:"Remove a member, or refuse one who asked to join."`
	Unban  groupUnbanCmd  `cmd:"" help:"Let a banned user come back."`
	Role   groupRoleCmd   `cmd:"" help:"Give a member another role, or hand the group over."`
	Leave  groupLeaveCmd  `cmd:"" help:"Leave a group."`
	Invite groupInviteCmd `cmd:"" help:"Make an invite, and print its secret."`
	Revoke groupRevokeCmd `cmd:"" help:"End an invite."`
	Join   groupJoinCmd   `cmd:"" help:"Join a group by an invite's secret."`
	Delete groupDeleteCmd `cmd:"" help:"End a group for all, and erase its log."`
}

type groupCreateCmd struct {
	account
	patience
	Name     string   `required:"" placeholder:"NAME" help:"The group's name."`
	Members  []string `placeholder:"USER,…" help:"Its members besides yourself."`
	ClientID string   `name:"client-id" placeholder:"ID" help:"Name of this command, to give it again under: it makes one group."`
}

// Run implements the command.
func (c *groupCreateCmd) Run(ctx context.Context, t *terminal) error {
	for _, m := range c.Members {
		if !wire.ValidUser(m) {
			return usage("--members: " + userGrammar)
		}
	}
	ctx, cancel := c.context(ctx)
	defer cancel()
	return c.act(ctx, t, func(ctx context.Context, client *natter.Client, _ natter.Session) error {
		info, err := client.CreateGroup(ctx, c.Name, c.Members, natter.WithClientID(c.ClientID))
		if err != nil {
			return err
		}
		if c.JSON {
			return c.printer(t).info(&info)
		}
		_, err = fmt.Fprintln(t.out, oneLine(info.ID))
		return err
	})
}

type channelsCmd struct {
	account
	patience
	Limit int `default:"50" help:"How many channels, at most (${default})."`
}

// Run implements the command.
func (c *channelsCmd) Run(ctx context.Context, t *terminal) error {
	if c.Limit < 1 {
		return usage("--limit: at least 1")
	}
	ctx, cancel := c.context(ctx)
	defer cancel()
	return c.act(ctx, t, func(ctx context.Context, client *natter.Client, _ natter.Session) error {
		p, n := c.printer(t), 0
		for info, err := range client.AllChannels(ctx) {
			if err != nil {
				return err
			}
			if n++; n > c.Limit {
				t.note("there are more channels; --limit says how many to list")
				return nil
			}
			if err := p.info(&info); err != nil {
				return err
			}
		}
		return nil
	})
}

package main

import (
	"context"
	"fmt"

	natter "natterjack/clients/go"
	"natterjack/server/wire"
)

type groupCmd struct {
	Create groupCreateCmd `cmd:"" help:"Make a group."`
	Show   groupShowCmd   `cmd:"" help:"Show a group's settings, its members and their roles; admins also see requests to join, banned users, and invites."`
	Set    groupSetCmd    `cmd:"" help:"Change a group's settings."`
	Add    groupAddCmd    `cmd:"" help:"Add members."`
	Remove groupRemoveCmd `cmd:"" help:"Remove a member, or refuse a user who asked to join."`
	Unban  groupUnbanCmd  `cmd:"" help:"Let a banned user come back."`
	Role   groupRoleCmd   `cmd:"" help:"Give a member another role, or hand over the group."`
	Leave  groupLeaveCmd  `cmd:"" help:"Leave a group."`
	Invite groupInviteCmd `cmd:"" help:"Make an invite, and print its secret."`
	Revoke groupRevokeCmd `cmd:"" help:"End an invite."`
	Join   groupJoinCmd   `cmd:"" help:"Join a group by an invite's secret."`
	Delete groupDeleteCmd `cmd:"" help:"Delete a group for all members, and erase its log."`
}

type groupCreateCmd struct {
	account
	patience
	Name     string   `required:"" placeholder:"NAME" help:"The group's name."`
	Members  []string `placeholder:"USER,…" help:"Members of the group besides you."`
	ClientID string   `name:"client-id" placeholder:"ID" help:"Id for this command. If you give it again with the same id, one group is made."`
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
		return usage("--limit: give at least 1")
	}
	ctx, cancel := c.context(ctx)
	defer cancel()
	return c.act(ctx, t, func(ctx context.Context, client *natter.Client, s natter.Session) error {
		var channels []wire.ChannelInfo
		more := false
		for info, err := range client.AllChannels(ctx) {
			if err != nil {
				return err
			}
			if more = len(channels) == c.Limit; more {
				break
			}
			channels = append(channels, info)
		}
		return c.print(ctx, t, client, s.User, channels, more)
	})
}

func (c *channelsCmd) print(ctx context.Context, t *terminal, client *natter.Client, user string, channels []wire.ChannelInfo, more bool) error {
	p := c.printer(t)
	p.user = user
	if !c.JSON {
		var others []string
		for i := range channels {
			others = append(others, p.other(&channels[i]))
		}
		p.names = namesOf(client)
		p.names.learn(ctx, "", others)
	}
	for i := range channels {
		if err := p.info(&channels[i]); err != nil {
			return err
		}
	}
	if more {
		t.note("there are more channels; --limit says how many to list")
	}
	return nil
}

package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	natter "natterjack/clients/go"
	"natterjack/server/wire"
)

type groupSetCmd struct {
	change
	pictured
	Name     *string        `placeholder:"NAME" help:"The group's name."`
	Topic    *string        `placeholder:"TEXT" help:"Topic of the group."`
	SlowMode *time.Duration `placeholder:"DURATION" help:"How long a member waits between two messages; 0 is off."`
	Archived *bool          `negatable:"" help:"Whether the group is archived: all members may read, none may write."`
}

// Run implements the command.
func (c *groupSetCmd) Run(ctx context.Context, t *terminal) error {
	u := natter.ChannelUpdate{Name: c.Name, Topic: c.Topic, Archived: c.Archived}
	if c.SlowMode != nil {
		u.SlowModeS = new(int(c.SlowMode.Seconds()))
	}
	return c.do(ctx, t, "", func(ctx context.Context, client *natter.Client, channel string) (ack natter.Ack, err error) {
		if u.Picture, err = c.upload(ctx, t, c.JSON, client, channel); err != nil {
			return ack, err
		}
		return client.UpdateChannel(ctx, channel, u)
	})
}

type groupAddCmd struct {
	change
	Users []string `arg:"" help:"Users to add; also users who asked to join."`
}

// Run implements the command.
func (c *groupAddCmd) Run(ctx context.Context, t *terminal) error {
	return c.do(ctx, t, "", func(ctx context.Context, client *natter.Client, channel string) (natter.Ack, error) {
		return client.AddMembers(ctx, channel, c.Users...)
	})
}

// groupUser holds the options of a change that concerns one user.
type groupUser struct {
	change
	User string `arg:"" help:"The user."`
}

type groupRemoveCmd struct {
	groupUser
	Ban bool `help:"Ban the user, too."`
}

// Run implements the command.
func (c *groupRemoveCmd) Run(ctx context.Context, t *terminal) error {
	return c.do(ctx, t, "", func(ctx context.Context, client *natter.Client, channel string) (natter.Ack, error) {
		if c.Ban {
			return client.Ban(ctx, channel, c.User)
		}
		return client.RemoveMember(ctx, channel, c.User)
	})
}

type groupUnbanCmd struct{ groupUser }

// Run implements the command.
func (c *groupUnbanCmd) Run(ctx context.Context, t *terminal) error {
	return c.do(ctx, t, "", func(ctx context.Context, client *natter.Client, channel string) (natter.Ack, error) {
		return client.Unban(ctx, channel, c.User)
	})
}

type groupRoleCmd struct {
	groupUser
	Role string `arg:"" enum:"owner,admin,member,reader" help:"owner (hands the group over), admin, member or reader."`
}

// Run implements the command.
func (c *groupRoleCmd) Run(ctx context.Context, t *terminal) error {
	return c.do(ctx, t, "", func(ctx context.Context, client *natter.Client, channel string) (natter.Ack, error) {
		return client.SetRole(ctx, channel, c.User, wire.Role(c.Role))
	})
}

type groupLeaveCmd struct{ change }

// Run implements the command.
func (c *groupLeaveCmd) Run(ctx context.Context, t *terminal) error {
	return c.do(ctx, t, "", func(ctx context.Context, client *natter.Client, channel string) (natter.Ack, error) {
		return client.Leave(ctx, channel)
	})
}

type groupDeleteCmd struct{ change }

// Run implements the command.
func (c *groupDeleteCmd) Run(ctx context.Context, t *terminal) error {
	return c.do(ctx, t, "", func(ctx context.Context, client *natter.Client, channel string) (natter.Ack, error) {
		return client.DeleteChannel(ctx, channel)
	})
}

// groupSecret holds the options of a change that needs the secret of an invite.
type groupSecret struct {
	change
	Secret string `arg:"" help:"The invite's secret."`
}

type groupJoinCmd struct{ groupSecret }

// Run implements the command. The ack does not tell whether the user has joined or waits for
// approval. The channel tells.
func (c *groupJoinCmd) Run(ctx context.Context, t *terminal) error {
	return c.in(ctx, t, "", func(ctx context.Context, client *natter.Client, channel string) error {
		ack, err := client.Join(ctx, channel, c.Secret)
		if err != nil {
			return err
		}
		if _, err := client.Channel(ctx, channel); errors.Is(err, &natter.Error{Code: wire.CodeForbidden}) {
			t.note("an admin has to let you in: until then you are not a member")
		}
		return c.stored(t, ack)
	})
}

type groupRevokeCmd struct{ groupSecret }

// Run implements the command.
func (c *groupRevokeCmd) Run(ctx context.Context, t *terminal) error {
	return c.do(ctx, t, "", func(ctx context.Context, client *natter.Client, channel string) (natter.Ack, error) {
		return client.RevokeInvite(ctx, channel, c.Secret)
	})
}

type groupInviteCmd struct {
	change
	Expires  time.Duration `placeholder:"DURATION" help:"How long the invite lasts; without it, for ever."`
	Uses     int           `placeholder:"N" help:"How often the invite may be used; without it, there is no limit."`
	Approval bool          `help:"Users who join wait until an admin adds them."`
}

// Run implements the command. It prints the secret, which is shown only here.
func (c *groupInviteCmd) Run(ctx context.Context, t *terminal) error {
	return c.in(ctx, t, "", func(ctx context.Context, client *natter.Client, channel string) error {
		secret, err := client.CreateInvite(ctx, channel, natter.InviteTerms{
			ExpiresS: int(c.Expires.Seconds()), Uses: c.Uses, Approval: c.Approval,
		})
		if err != nil {
			return err
		}
		if c.JSON {
			return c.printer(t).object(map[string]string{"channel": channel, "secret": secret})
		}
		_, err = fmt.Fprintln(t.out, secret)
		return err
	})
}

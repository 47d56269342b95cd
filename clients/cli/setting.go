package main

import (
	"context"

	natter "natterjack/clients/go"
)

type settingCmd struct {
	Set  settingSetCmd  `cmd:"" help:"Change a setting."`
	List settingListCmd `cmd:"" help:"List settings."`
}

type settingSetCmd struct {
	account
	patience
	Name  string `arg:"" help:"Name of the setting: mute/CHANNEL, top/CHANNEL, hide/CHANNEL/SEQ, block/USER, contact/USER, privacy/last_seen, privacy/receipts, client/NAME, and the settings of natter push: notify/…"`
	Value string `arg:"" optional:"" help:"The new value; without it, the setting is removed."`
}

// Run implements the command.
func (c *settingSetCmd) Run(ctx context.Context, t *terminal) error {
	return put(ctx, &c.account, c.patience, t, c.Name, c.Value)
}

// put changes a setting, and prints the ack.
func put(ctx context.Context, a *account, p patience, t *terminal, name, value string) error {
	ctx, cancel := p.context(ctx)
	defer cancel()
	return a.act(ctx, t, func(ctx context.Context, client *natter.Client, _ natter.Session) error {
		ack, err := client.Set(ctx, name, value)
		if err != nil {
			return err
		}
		return a.stored(t, ack)
	})
}

type settingListCmd struct {
	account
	patience
	Prefix string `arg:"" optional:"" help:"Only settings whose names begin with this."`
}

// Run implements the command.
func (c *settingListCmd) Run(ctx context.Context, t *terminal) error {
	ctx, cancel := c.context(ctx)
	defer cancel()
	return c.act(ctx, t, func(ctx context.Context, client *natter.Client, _ natter.Session) error {
		settings, err := client.Settings(ctx, c.Prefix)
		if err != nil {
			return err
		}
		return printAll(&c.account, t, settings, func(s natter.Setting) string { return oneLine(s.Name) + "  " + oneLine(s.Value) })
	})
}

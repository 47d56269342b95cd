package main

import (
	"context"
	"strconv"
	"strings"
	"time"

	"natterjack/server/wire"
)

type pushLevelCmd struct {
	account
	patience
	Level   string `arg:"" enum:"all,mentions,none,default" help:"all, mentions or none; default removes the level."`
	Channel string `arg:"" optional:"" help:"Set the level of this channel; without it, of all groups that have no level of their own."`
}

// Run implements the command.
func (c *pushLevelCmd) Run(ctx context.Context, t *terminal) error {
	name := wire.SettingLevel
	if c.Channel != "" {
		name = wire.SettingChannelLevel + c.Channel
	}
	return put(ctx, &c.account, c.patience, t, name, choose(c.Level == "default", "", c.Level))
}

type pushSnoozeCmd struct {
	account
	patience
	For string `arg:"" help:"How long to be quiet, such as 90m or 8h; off ends it."`
}

// Run implements the command.
func (c *pushSnoozeCmd) Run(ctx context.Context, t *terminal) error {
	value := ""
	if c.For != off {
		d, err := time.ParseDuration(c.For)
		if err != nil || d <= 0 {
			return usage("give a time such as 90m or 8h, or off")
		}
		value = strconv.FormatInt(time.Now().Add(d).UnixMilli(), 10)
	}
	return put(ctx, &c.account, c.patience, t, wire.SettingSnooze, value)
}

// off is the word that ends a setting on the command line.
const off = "off"

type pushQuietCmd struct {
	account
	patience
	Hours []string `arg:"" help:"Days and hours in the time zone of your profile, such as mon-fri 22:00-07:00, or daily 23:00-08:00; off ends them. Separate several by a semicolon, and quote them."`
}

// Run implements the command.
func (c *pushQuietCmd) Run(ctx context.Context, t *terminal) error {
	text := strings.Join(c.Hours, " ")
	if text == off {
		return put(ctx, &c.account, c.patience, t, wire.SettingQuiet, "")
	}
	if _, ok := wire.ParseQuiet(text); !ok {
		return usage("give days and hours such as: mon-fri 22:00-07:00; sat,sun 23:00-09:00 (in quotes), or daily 22:00-07:00, or off")
	}
	return put(ctx, &c.account, c.patience, t, wire.SettingQuiet, text)
}

type pushKeywordsCmd struct {
	account
	patience
	Words []string `arg:"" optional:"" help:"Words or phrases; without any, all are removed."`
}

// Run implements the command.
func (c *pushKeywordsCmd) Run(ctx context.Context, t *terminal) error {
	return put(ctx, &c.account, c.patience, t, wire.SettingKeywords, strings.Join(c.Words, "\n"))
}

package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	natter "natterjack/clients/go"
	"natterjack/server/wire"
)

type profileCmd struct {
	Show profileShowCmd `cmd:"" help:"Show the profiles of users."`
	Set  profileSetCmd  `cmd:"" help:"Change your own profile: name, picture, status and time zone."`
}

type profileShowCmd struct {
	account
	patience
	Channel string   `placeholder:"CHANNEL" help:"Also show which of them imitate another member of this channel."`
	Users   []string `arg:"" optional:"" help:"Users whose profiles to show; your own if left out."`
}

// Run implements the command.
func (c *profileShowCmd) Run(ctx context.Context, t *terminal) error {
	for _, user := range c.Users {
		if !wire.ValidUser(user) {
			return usage(userGrammar)
		}
	}
	ctx, cancel := c.context(ctx)
	defer cancel()
	return c.act(ctx, t, func(ctx context.Context, client *natter.Client, s natter.Session) error {
		users := c.Users
		if len(users) == 0 {
			users = []string{s.User}
		}
		profiles, err := client.Profiles(ctx, c.Channel, users...)
		if err != nil {
			return err
		}
		return printAll(&c.account, t, profiles, func(p natter.Profile) string { return describeProfile(&p) })
	})
}

// describeProfile describes a profile in one line.
func describeProfile(p *natter.Profile) string {
	line := oneLine(p.User)
	if p.Name != "" {
		line += "  " + oneLine(p.Name)
	}
	if p.Imitates != "" {
		line += "  " + ours("looks like "+oneLine(p.Imitates))
	}
	if p.Zone != "" {
		line += "  " + oneLine(p.Zone)
	}
	if s := p.Status; s != nil {
		line += "  " + ours(describeStatus(s))
	}
	if p.Picture != nil {
		line += "  picture " + oneLine(p.Picture.ID)
	}
	return line
}

func describeStatus(s *natter.Status) string {
	words := oneLine(s.Emoji)
	if s.Emoji != "" && s.Text != "" {
		words += " "
	}
	words += oneLine(s.Text)
	if s.Until != 0 {
		words += ", until " + time.UnixMilli(s.Until).Format(time.DateTime)
	}
	return words
}

// pictured holds the options of commands that set a picture.
type pictured struct {
	Picture   string `placeholder:"FILE" help:"A JPEG, PNG, GIF or WebP file. The middle of it is shown."`
	NoPicture bool   `help:"Remove the picture."`
}

// upload uploads the picture for a channel. It returns nil if the picture stays as it is.
func (p *pictured) upload(ctx context.Context, t *terminal, json bool, client *natter.Client, channel string) (up *natter.Attached, err error) {
	switch {
	case p.NoPicture && p.Picture != "":
		return nil, usage("--picture, --no-picture: give only one of the two")
	case p.NoPicture:
		return &natter.Attached{}, nil
	case p.Picture == "":
		return nil, nil
	}
	f, closer, err := natter.OpenFile(p.Picture)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, closer.Close()) }()
	bar := newBar(t, json, p.Picture)
	defer bar.end()
	f.Progress = bar.show
	done, err := client.UploadPicture(ctx, channel, f)
	return &done, err
}

type profileSetCmd struct {
	account
	patience
	pictured
	Name   *string       `placeholder:"NAME" help:"The name that others see; an empty one removes it."`
	Zone   *string       `placeholder:"ZONE" help:"The time zone, such as Europe/Berlin; an empty one removes it."`
	Status *string       `placeholder:"TEXT" help:"Text of the status; without --emoji, an empty text removes it."`
	Emoji  string        `placeholder:"EMOJI" help:"An emoji for the status."`
	For    time.Duration `placeholder:"DURATION" help:"How long the status holds; without it, until you change it."`
}

// Run implements the command.
func (c *profileSetCmd) Run(ctx context.Context, t *terminal) error {
	if c.For < 0 || c.For > 0 && c.status() == nil {
		return usage("--for: says how long a status holds; give --status or --emoji too, and a time above 0")
	}
	ctx, cancel := c.context(ctx)
	defer cancel()
	return c.act(ctx, t, func(ctx context.Context, client *natter.Client, s natter.Session) error {
		picture, err := c.upload(ctx, t, c.JSON, client, natter.OwnChannel(s.User))
		if err != nil {
			return err
		}
		ack, err := client.SetProfile(ctx, natter.ProfileUpdate{Name: c.Name, Zone: c.Zone, Status: c.status(), Picture: picture})
		if err != nil {
			return err
		}
		return c.stored(t, ack)
	})
}

// status returns the status to set, or nil if it stays as it is.
func (c *profileSetCmd) status() *natter.Status {
	if c.Status == nil && c.Emoji == "" {
		return nil
	}
	s := &natter.Status{Emoji: c.Emoji}
	if c.Status != nil {
		s.Text = *c.Status
	}
	if c.For > 0 {
		s.Until = time.Now().Add(c.For).UnixMilli()
	}
	return s
}

// describeChange describes a change of the user's own profile.
func describeChange(c *wire.ProfileChange) string {
	what, sep := "", " to "
	add := func(format string, args ...any) {
		what, sep = what+sep+fmt.Sprintf(format, args...), ", "
	}
	if c.Name != nil {
		add("name %q", oneLine(*c.Name))
	}
	if c.Picture != nil {
		add("%s", choose(c.Picture.ID != "", "another picture", "no picture"))
	}
	if c.Zone != nil {
		add("time zone %q", oneLine(*c.Zone))
	}
	if c.Status != nil {
		add("status %q", describeStatus(c.Status))
	}
	return "changed the profile" + what
}

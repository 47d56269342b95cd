package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	natter "natterjack/clients/go"
)

type downloadCmd struct {
	account
	room
	With string `placeholder:"USER" help:"The direct channel with that user."`
	Out  string `short:"o" name:"output" placeholder:"FILE" help:"Where to put the file; without it, under its own name in this directory."`
	Seq  uint64 `arg:"" help:"The message's number in the channel."`
	N    int    `arg:"" optional:"" default:"0" help:"Which of the message's files, from 1; without it, all of them."`
}

// Run implements the command.
func (c *downloadCmd) Run(ctx context.Context, t *terminal) error {
	if _, err := c.pick(natter.Session{}, "--with", c.With); err != nil {
		return err
	}
	return c.act(ctx, t, func(ctx context.Context, client *natter.Client, s natter.Session) error {
		channel, err := c.pick(s, "--with", c.With)
		if err != nil {
			return err
		}
		files, err := c.files(ctx, client, channel)
		if err != nil {
			return err
		}
		for i := range files {
			if err := c.download(ctx, t, client, channel, &files[i]); err != nil {
				return err
			}
		}
		return nil
	})
}

// files returns the attachments that are asked for.
func (c *downloadCmd) files(ctx context.Context, client *natter.Client, channel string) ([]natter.Attachment, error) {
	around := natter.Around{Before: c.Seq + 1, Limit: 1}
	page, err := client.History(ctx, channel, around)
	if err != nil {
		return nil, err
	}
	if len(page.Events) == 0 || page.Events[0].Seq != c.Seq || page.Events[0].Content == nil || len(page.Events[0].Content.Attachments) == 0 {
		return nil, fmt.Errorf("message %d has no files that you can see; see the messages with natter history", c.Seq)
	}
	all := page.Events[0].Content.Attachments
	switch {
	case c.N < 0 || c.N > len(all):
		return nil, fmt.Errorf("message %d has %d files; number them from 1", c.Seq, len(all))
	case c.N > 0:
		all = all[c.N-1 : c.N]
	}
	if c.Out != "" && len(all) > 1 {
		return nil, usage("-o: the message has several files; say which, by its number")
	}
	return all, nil
}

// part is a file that is not whole yet. It lies beside its place, so that it can be moved there at
// once, and a command that is given again goes on with it.
type part struct {
	*os.File
	path string
}

func (c *downloadCmd) open(a *natter.Attachment) (p *part, err error) {
	p = &part{path: c.Out}
	if p.path == "" {
		p.path = filepath.Base(oneLine(a.Name)) // the server has made it safe; this server might not be one
	}
	if _, err := os.Lstat(p.path); err == nil {
		return nil, fmt.Errorf("%s exists; say with -o where to put the file", p.path)
	}
	p.File, err = os.OpenFile(p.path+"."+a.ID[:min(8, len(a.ID))]+".part", os.O_CREATE|os.O_RDWR, 0o600)
	return p, err
}

// keep moves the file to its place.
func (p *part) keep() error {
	if err := errors.Join(p.Sync(), p.Close()); err != nil {
		return err
	}
	return os.Rename(p.Name(), p.path)
}

func (c *downloadCmd) download(ctx context.Context, t *terminal, client *natter.Client, channel string, a *natter.Attachment) error {
	p, err := c.open(a)
	if err != nil {
		return err
	}
	defer func() { _ = p.Close() }() // keep has closed it if all is well
	b := newBar(t, c.JSON, p.path)
	err = client.Download(ctx, channel, c.Seq, a, p, b.show)
	b.end()
	if errors.Is(err, natter.ErrChanged) {
		return errors.Join(err, os.Remove(p.Name()))
	}
	if err != nil {
		return err
	}
	if err := p.keep(); err != nil {
		return err
	}
	if c.JSON {
		return nil
	}
	_, err = fmt.Fprintf(t.out, "%s (%s)\n", p.path, describeFile(a))
	return err
}

package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	natter "natterjack/clients/go"
	"natterjack/server/wire"
)

// room is the option for the channel that files go to. It has another name than in other commands,
// because this command also takes the names of files.
type room struct {
	In string `aliases:"channel" placeholder:"CHANNEL" help:"The channel."`
}

func (r room) pick(s natter.Session, flag, user string) (string, error) {
	return pick(s, flag, user, "--in", r.In)
}

type uploadCmd struct {
	account
	room
	To      string   `placeholder:"USER" help:"The user to send to, in the direct channel with that user."`
	Caption string   `placeholder:"TEXT" help:"Text to send with the files."`
	Files   []string `arg:"" help:"The files, up to 10 in one message. A command that was interrupted goes on where it was when it is given again."`
}

// Run implements the command.
func (c *uploadCmd) Run(ctx context.Context, t *terminal) error {
	if _, err := c.pick(natter.Session{}, "--to", c.To); err != nil {
		return err
	}
	if len(c.Files) > wire.MaxAttachments {
		return usage(fmt.Sprintf("at most %d files go into one message; send the rest with another", wire.MaxAttachments))
	}
	return c.act(ctx, t, func(ctx context.Context, client *natter.Client, s natter.Session) error {
		channel, err := c.pick(s, "--to", c.To)
		if err != nil {
			return err
		}
		var files []natter.Attached
		for _, path := range c.Files {
			one, err := c.upload(ctx, t, client, channel, path)
			if err != nil {
				return err
			}
			files = append(files, one)
		}
		return c.send(ctx, t, client, s, channel, files)
	})
}

// upload uploads one file and shows how far it has got.
func (c *uploadCmd) upload(ctx context.Context, t *terminal, client *natter.Client, channel, path string) (done natter.Attached, err error) {
	f, closer, err := natter.OpenFile(path)
	if err != nil {
		return done, err
	}
	defer func() { err = errors.Join(err, closer.Close()) }()
	bar := newBar(t, c.JSON, path)
	defer bar.end()
	f.Progress = bar.show
	return client.Upload(ctx, channel, f)
}

func (c *uploadCmd) send(ctx context.Context, t *terminal, client *natter.Client, s natter.Session, channel string, files []natter.Attached) error {
	ack, err := client.Send(ctx, channel, c.Caption, natter.WithAttachments(files...))
	if err != nil {
		return err
	}
	content := &wire.Content{Text: c.Caption}
	for i := range files {
		content.Attachments = append(content.Attachments, files[i].Attachment)
	}
	p := c.printer(t)
	if p.json {
		return p.event(&natter.Event{Shard: ack.Shard, Pos: ack.Pos, Channel: ack.Channel, Record: wire.Record{
			Kind: wire.KindMessage,
			ID:   ack.ID, ClientID: ack.ClientID, Sender: s.User, Seq: ack.Seq, Timestamp: ack.Timestamp, Content: content,
		}})
	}
	_, err = fmt.Fprintf(t.out, "stored as message %d of %s\n", ack.Seq, oneLine(ack.Channel))
	return err
}

// describeFile describes an attachment in words.
func describeFile(a *natter.Attachment) string {
	words := []string{string(a.Kind), oneLine(a.Name), sized(a.Size)}
	if a.Width > 0 && a.Height > 0 {
		words = append(words, fmt.Sprintf("%d×%d", a.Width, a.Height))
	}
	if a.Duration > 0 {
		words = append(words, fmt.Sprintf("%d:%02d", a.Duration/60_000, a.Duration/1000%60))
	}
	if a.Caption != "" {
		words = append(words, clean(a.Caption))
	}
	return strings.Join(words, ", ")
}

// sized returns a number of bytes in the unit that suits it.
func sized(n int64) string {
	units := []string{"bytes", "KiB", "MiB", "GiB", "TiB"}
	value := float64(n)
	for len(units) > 1 && value >= 1024 {
		value, units = value/1024, units[1:]
	}
	if units[0] == "bytes" {
		return fmt.Sprintf("%d bytes", n)
	}
	return fmt.Sprintf("%.1f %s", value, units[0])
}

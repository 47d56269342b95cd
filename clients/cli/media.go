package main

import (
	"context"
	"fmt"

	natter "natterjack/clients/go"
	"natterjack/server/wire"
)

type mediaCmd struct {
	account
	patience
	room
	With  string `placeholder:"USER" help:"The direct channel with that user."`
	Kind  string `enum:"images,files,voice,links,all" default:"all" help:"What to list: ${enum} (${default})."`
	Limit int    `default:"50" help:"How many to list, at most (${default})."`
}

// Run implements the command.
func (c *mediaCmd) Run(ctx context.Context, t *terminal) error {
	if _, err := c.pick(natter.Session{}, "--with", c.With); err != nil {
		return err
	}
	if c.Limit < 1 {
		return usage("--limit: give at least 1")
	}
	ctx, cancel := c.context(ctx)
	defer cancel()
	return c.act(ctx, t, func(ctx context.Context, client *natter.Client, s natter.Session) error {
		channel, err := c.pick(s, "--with", c.With)
		if err != nil {
			return err
		}
		kind := natter.GalleryKind(c.Kind)
		if kind == "all" {
			kind = ""
		}
		var items []natter.GalleryItem
		for item, err := range client.AllMedia(ctx, channel, kind) {
			if err != nil {
				return err
			}
			if items = append(items, item); len(items) == c.Limit {
				break
			}
		}
		return c.print(t, channel, items)
	})
}

// mediaLine is an item in the JSON output.
type mediaLine struct {
	Channel string `json:"channel"`
	natter.GalleryItem
}

func (c *mediaCmd) print(t *terminal, channel string, items []natter.GalleryItem) error {
	p := c.printer(t)
	events := make([]wire.Event, len(items))
	for i := range items {
		events[i] = wire.Event{Channel: channel, Record: wire.Record{Sender: items[i].Sender, Seq: items[i].Seq, Timestamp: items[i].Timestamp}}
	}
	p.fit(events)
	for i := range items {
		if err := c.item(p, &events[i], &items[i]); err != nil {
			return err
		}
	}
	if len(items) == 0 && !c.JSON {
		t.note("none")
	}
	return nil
}

func (c *mediaCmd) item(p *printer, ev *wire.Event, item *natter.GalleryItem) error {
	switch {
	case c.JSON:
		return p.object(mediaLine{ev.Channel, *item})
	case item.Attachment != nil:
		return p.row(ev, fmt.Sprint(item.Seq), ours(describeFile(item.Attachment)))
	default:
		return p.row(ev, fmt.Sprint(item.Seq), oneLine(item.Link))
	}
}

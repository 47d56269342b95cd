package main

import (
	"context"
	"fmt"
	"os"
	"strings"
	"time"

	natter "natterjack/clients/go"
	"natterjack/server/wire"
)

type searchCmd struct {
	account
	patience
	Words   []string `arg:"" name:"query" help:"What to look for, such as: kitchen \"field recordings\" -draft from:alice after:7d has:image. If it begins with -, put -- before it."`
	By      string   `enum:"time,relevance" default:"time" help:"The order: ${enum} (${default})."`
	Channel string   `placeholder:"ID" help:"Only in this channel."`
	Limit   int      `default:"20" help:"How many messages, at most (${default})."`
}

// Run implements the command.
func (c *searchCmd) Run(ctx context.Context, t *terminal) error {
	if c.Limit < 1 {
		return usage("--limit: give at least 1")
	}
	ctx, cancel := c.context(ctx)
	defer cancel()
	return c.act(ctx, t, func(ctx context.Context, client *natter.Client, _ natter.Session) error {
		hits, last, err := c.find(ctx, client, zone(t.getenv))
		if err != nil {
			return err
		}
		if err := c.print(t, hits); err != nil || c.JSON {
			return err
		}
		c.sum(t, len(hits), &last)
		return nil
	})
}

// mostHits is the largest page of hits that a server gives.
const mostHits = 100

// find returns as many hits as were asked for, and the last page.
func (c *searchCmd) find(ctx context.Context, client *natter.Client, zone string) (hits []natter.Hit, page natter.Found, err error) {
	q := natter.Query{Text: strings.Join(c.Words, " "), By: wire.SearchOrder(c.By), Channel: c.Channel, Zone: zone}
	for {
		q.Limit = min(c.Limit-len(hits), mostHits)
		if page, err = client.Search(ctx, q); err != nil {
			return nil, page, err
		}
		hits = append(hits, page.Hits...)
		if q.After = page.Next; q.After == "" || len(hits) >= c.Limit {
			return hits, page, nil
		}
	}
}

func (c *searchCmd) print(t *terminal, hits []natter.Hit) error {
	p := c.printer(t)
	p.channel = true
	events := make([]wire.Event, len(hits))
	for i := range hits {
		events[i] = wire.Event{Channel: hits[i].Channel, Record: wire.Record{Sender: hits[i].Sender, Seq: hits[i].Seq, Timestamp: hits[i].Timestamp}}
	}
	p.fit(events)
	for i := range hits {
		if err := c.hit(p, &events[i], &hits[i]); err != nil {
			return err
		}
	}
	return nil
}

func (c *searchCmd) hit(p *printer, ev *wire.Event, h *natter.Hit) error {
	if c.JSON {
		return p.object(h)
	}
	return p.row(ev, fmt.Sprint(h.Seq), p.excerpt(h))
}

// sum tells how many results there are besides the printed ones.
func (c *searchCmd) sum(t *terminal, printed int, last *natter.Found) {
	switch {
	case printed == 0:
		t.note("no messages")
	case last.Next != "":
		t.note("%s%d messages; there are more: --limit %d", choose(last.AtLeast, "at least ", ""), max(last.Count, printed), 2*c.Limit)
	}
	if r := last.Rebuilding; r != nil {
		t.note("the server's index is incomplete (it has %d of %d events): there may be more", r.Done, r.Of)
	}
}

// The most characters of a message that are printed, and how many of them stand before the words
// that were found.
const (
	maxExcerpt = 400
	before     = 120
)

// excerpt returns the text of a hit, with the words of the query painted, and a part of each file
// that has them.
func (p *printer) excerpt(h *natter.Hit) string {
	text := p.painted(h.Content.Text, h.Highlights)
	for i := range h.Content.Attachments {
		text = strings.TrimPrefix(text+"\n", "\n") + ours(describeFile(&h.Content.Attachments[i]))
		for _, x := range h.Excerpts {
			if x.Attachment == i {
				text += "\n" + strings.TrimSpace(p.painted(x.Text, x.Highlights))
			}
		}
	}
	return text
}

// painted returns a text with the words of the query painted. Of a long text it returns the part
// around the first of them.
func (p *printer) painted(text string, highlights []natter.Highlight) string {
	points := []rune(clean(text)) // as many as in the text itself
	var found []natter.Highlight
	for _, x := range highlights {
		if x.In == "" && x.Start+x.Length <= len(points) {
			found = append(found, x)
		}
	}
	from, to := 0, len(points)
	if to > maxExcerpt {
		if len(found) > 0 {
			from = min(max(found[0].Start-before, 0), to-maxExcerpt)
		}
		to = from + maxExcerpt
	}
	var b strings.Builder
	b.WriteString(choose(from > 0, "…", ""))
	at := from
	for _, x := range found {
		if end := x.Start + x.Length; x.Start >= at && end <= to {
			b.WriteString(string(points[at:x.Start]))
			b.WriteString(p.paint("1;4", string(points[x.Start:end])))
			at = end
		}
	}
	b.WriteString(string(points[at:to]) + choose(to < len(points), "…", ""))
	return b.String()
}

// zone returns the name of the user's time zone, or nothing if the machine does not tell.
func zone(getenv func(string) string) string {
	if name := strings.TrimPrefix(getenv("TZ"), ":"); name != "" {
		if _, err := time.LoadLocation(name); err == nil {
			return name
		}
		return ""
	}
	link, err := os.Readlink("/etc/localtime")
	_, name, found := strings.Cut(link, "zoneinfo/")
	if err != nil || !found {
		return ""
	}
	return name
}

type findCmd struct {
	account
	patience
	Name  []string `arg:"" help:"The beginnings of words of the name, in any order."`
	Limit int      `default:"20" help:"How many people, and how many groups, at most (${default})."`
}

// Run implements the command.
func (c *findCmd) Run(ctx context.Context, t *terminal) error {
	if c.Limit < 1 || c.Limit > mostHits {
		return usage(fmt.Sprintf("--limit: give 1 to %d", mostHits))
	}
	ctx, cancel := c.context(ctx)
	defer cancel()
	return c.act(ctx, t, func(ctx context.Context, client *natter.Client, _ natter.Session) error {
		found, err := client.Find(ctx, strings.Join(c.Name, " "), c.Limit)
		if err != nil {
			return err
		}
		if err := printAll(&c.account, t, found.People, person); err != nil {
			return err
		}
		if err := printAll(&c.account, t, found.Channels, group); err != nil || c.JSON {
			return err
		}
		switch {
		case len(found.People)+len(found.Channels) == 0:
			t.note("nobody")
		case found.More:
			t.note("there are more")
		}
		return nil
	})
}

func person(m wire.PersonMatch) string {
	return fmt.Sprintf("%-25s  %s", oneLine(m.User), oneLine(m.Name))
}

func group(m wire.ChannelMatch) string {
	return fmt.Sprintf("%-25s  %s%s", oneLine(m.Channel), oneLine(m.Name), choose(m.Archived, " "+ours("archived"), ""))
}

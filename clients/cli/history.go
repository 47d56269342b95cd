package main

import (
	"cmp"
	"context"
	"slices"

	natter "natterjack/clients/go"
)

type historyCmd struct {
	account
	patience
	target
	With   string `placeholder:"USER" help:"The direct channel with that user."`
	Before uint64 `placeholder:"SEQ" help:"Only messages before this one; without it, up to the latest."`
	After  uint64 `placeholder:"SEQ" help:"Only messages after this one, the earliest first."`
	Around uint64 `placeholder:"SEQ" help:"This message, and those before and after it."`
	Limit  int    `default:"50" help:"How many messages, at most (${default})."`
	All    bool   `help:"Print changes of the channel too, not only messages."`
}

// Run implements the command.
func (c *historyCmd) Run(ctx context.Context, t *terminal) error {
	if _, err := c.pick(natter.Session{}, "--with", c.With); err != nil {
		return err
	}
	switch {
	case c.Before != 0 && c.After != 0, c.Around != 0 && c.Before+c.After != 0:
		return usage("--before, --after, --around: give only one of them")
	case c.Limit < 1:
		return usage("--limit: give at least 1")
	}
	ctx, cancel := c.context(ctx)
	defer cancel()
	return c.act(ctx, t, func(ctx context.Context, client *natter.Client, s natter.Session) error {
		channel, err := c.pick(s, "--with", c.With)
		if err != nil {
			return err
		}
		if c.Around != 0 {
			return c.surroundings(ctx, t, client, channel, s.Limits.HistoryEvents)
		}
		want := natter.Around{Before: c.Before, After: c.After, Limit: c.Limit, Changes: c.All}
		page, err := read(ctx, client, channel, want, s.Limits.HistoryEvents)
		if err != nil {
			return err
		}
		return c.print(t, &page, c.naming(ctx, client, channel, page.Events))
	})
}

// naming returns the names of the senders of events, for people.
func (c *historyCmd) naming(ctx context.Context, client *natter.Client, channel string, events []natter.Event) *names {
	if c.JSON {
		return nil
	}
	n := namesOf(client)
	n.learn(ctx, channel, senders(events))
	return n
}

func (c *historyCmd) print(t *terminal, page *natter.Page, n *names) error {
	p := c.printer(t)
	p.names = n
	if err := p.events(inOrder(page)); err != nil || c.JSON {
		return err
	}
	noteLeft(t, page)
	switch n := len(page.Events); {
	case n == 0:
		t.note("no messages")
	case page.More && c.After != 0:
		t.note("there are more: --after %d", page.Events[n-1].Seq)
	case page.More:
		t.note("there are more: --before %d", page.Events[0].Seq)
	}
	return nil
}

// inOrder returns the messages of a page with the changes between them.
func inOrder(page *natter.Page) []natter.Event {
	all := slices.Concat(page.Events, page.Changes)
	slices.SortStableFunc(all, func(a, b natter.Event) int { return cmp.Compare(max(a.Seq, a.Last), max(b.Seq, b.Last)) })
	return all
}

func noteLeft(t *terminal, page *natter.Page) {
	if page.MoreChanges {
		t.note("there were more changes than are shown")
	}
}

// surroundings prints a message with those before and after it.
func (c *historyCmd) surroundings(ctx context.Context, t *terminal, client *natter.Client, channel string, pageLimit int) error {
	page, err := client.History(ctx, channel, natter.Around{Of: c.Around, Limit: min(c.Limit, max(pageLimit, 1)), Changes: c.All})
	if err != nil {
		return err
	}
	p := c.printer(t)
	p.marked, p.names = c.Around, c.naming(ctx, client, channel, page.Events)
	if err := p.events(inOrder(&page)); err != nil || c.JSON || len(page.Events) == 0 {
		return err
	}
	noteLeft(t, &page)
	if page.More {
		t.note("there are more: --before %d", page.Events[0].Seq)
	}
	if page.MoreAfter {
		t.note("there are more: --after %d", page.Events[len(page.Events)-1].Seq)
	}
	return nil
}

// read reads a range of a channel's history, ascending, in as many pages as it takes.
func read(ctx context.Context, c *natter.Client, channel string, want natter.Around, pageLimit int) (whole natter.Page, err error) {
	forward := want.After != 0
	for left := want.Limit; left > 0; left = want.Limit - len(whole.Events) {
		around := want
		around.Limit = min(left, max(pageLimit, 1))
		page, err := c.History(ctx, channel, around)
		if err != nil {
			return whole, err
		}
		whole.MoreChanges = whole.MoreChanges || page.MoreChanges
		if whole.More = page.More && len(page.Events) > 0; forward {
			whole.Events, whole.Changes = append(whole.Events, page.Events...), append(whole.Changes, page.Changes...)
		} else {
			whole.Events, whole.Changes = slices.Concat(page.Events, whole.Events), slices.Concat(page.Changes, whole.Changes)
		}
		if !whole.More {
			break
		}
		if forward {
			want.After = page.Events[len(page.Events)-1].Seq
		} else {
			want.Before = page.Events[0].Seq
		}
	}
	return whole, nil
}

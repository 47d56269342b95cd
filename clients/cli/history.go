package main

import (
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
	After  uint64 `placeholder:"SEQ" help:"Only messages after this one, and the first of those."`
	Limit  int    `default:"50" help:"How many messages, at most (${default})."`
}

// Run implements the command.
func (c *historyCmd) Run(ctx context.Context, t *terminal) error {
	if _, err := c.pick(natter.Session{}, "--with", c.With); err != nil {
		return err
	}
	switch {
	case c.Before != 0 && c.After != 0:
		return usage("--before, --after: one of the two")
	case c.Limit < 1:
		return usage("--limit: at least 1")
	}
	ctx, cancel := c.context(ctx)
	defer cancel()
	return c.act(ctx, t, func(ctx context.Context, client *natter.Client, s natter.Session) error {
		channel, err := c.pick(s, "--with", c.With)
		if err != nil {
			return err
		}
		events, more, err := read(ctx, client, channel, natter.Around{Before: c.Before, After: c.After, Limit: c.Limit}, s.Limits.HistoryEvents)
		if err != nil {
			return err
		}
		return c.print(t, events, more)
	})
}

func (c *historyCmd) print(t *terminal, events []natter.Event, more bool) error {
	if err := c.printer(t).events(events); err != nil {
		return err
	}
	switch n := len(events); {
	case c.JSON:
	case n == 0:
		t.note("no messages")
	case more && c.After != 0:
		t.note("there are more: --after %d", events[n-1].Seq)
	case more:
		t.note("there are more: --before %d", events[0].Seq)
	}
	return nil
}

// read reads a range of a channel's history, ascending, in as many pages as it takes.
func read(ctx context.Context, c *natter.Client, channel string, want natter.Around, pageLimit int) (events []natter.Event, more bool, err error) {
	forward := want.After != 0
	for left := want.Limit; left > 0; left = want.Limit - len(events) {
		around := want
		around.Limit = min(left, max(pageLimit, 1))
		page, err := c.History(ctx, channel, around)
		if err != nil {
			return nil, false, err
		}
		if len(page.Events) == 0 {
			return events, false, nil
		}
		if forward {
			events = append(events, page.Events...)
			want.After = page.Events[len(page.Events)-1].Seq
		} else {
			events = slices.Concat(page.Events, events)
			want.Before = page.Events[0].Seq
		}
		if more = page.More; !more {
			break
		}
	}
	return events, more, nil
}

package chaos_test

import (
	"context"
	"fmt"
	"time"

	"natterjack/internal/nodetest"
	"natterjack/server/chaos/internal/check"
	"natterjack/server/wire"
)

// histories reads every channel through every node, from its end back to its beginning.
func (cr *crowd) histories(members map[string][]string) (all []check.History) {
	cr.tb.Helper()
	tokens := map[string]string{}
	for _, d := range cr.devices {
		tokens[d.user] = d.token
	}
	for _, n := range cr.cluster.nodes {
		for channel, users := range members {
			h := check.History{Via: n.Name, Channel: channel}
			var err error
			if h.Events, err = cr.history(n, tokens[users[0]], channel); err != nil {
				cr.tb.Errorf("history of %s through %s: %v", channel, n.Name, err)
				continue
			}
			all = append(all, h)
		}
	}
	return all
}

func (cr *crowd) history(n *nodetest.Node, token, channel string) (events []check.Event, err error) {
	ctx, cancel := context.WithTimeout(cr.life, patience)
	defer cancel()
	for before := uint64(0); ; {
		page, err := cr.page(ctx, n, token, wire.History{Channel: channel, Before: before, Limit: 37})
		if err != nil {
			return nil, err
		}
		older := make([]check.Event, len(page.Events))
		for i := range page.Events {
			older[i] = eventOf(&page.Events[i])
		}
		events = append(older, events...)
		if !page.More {
			return events, nil
		}
		if len(older) == 0 || before != 0 && older[0].Seq >= before {
			return nil, fmt.Errorf("the page before %d says that there are more, and is %v", before, older)
		}
		before = older[0].Seq
	}
}

// page reads a page and, like a client, retries after errors that may pass.
func (cr *crowd) page(ctx context.Context, n *nodetest.Node, token string, cmd wire.History) (wire.Page, error) {
	for {
		f, err := ask(ctx, n.URL, token, cmd)
		switch f := f.(type) {
		case wire.Page:
			return f, nil
		case *wire.Error:
			err = f
			if !f.Retryable {
				return wire.Page{}, f
			}
		}
		if wait(ctx, 100*time.Millisecond) != nil {
			return wire.Page{}, err
		}
	}
}

package search

import (
	"context"
	"errors"
	"fmt"
	"time"
	_ "time/tzdata" // a node must know the zones of its users, even if its machine has none

	"natterjack/search/index"
	"natterjack/search/query"
	"natterjack/server/wire"
)

// longest is how long one search may look for hits. Then it answers with the hits that it has.
const longest = 250 * time.Millisecond

// Search answers the operation search.
func (s *Search) Search(ctx context.Context, c Caller, cmd wire.Search) (found wire.Found, err error) {
	found.Hits = []wire.Hit{}
	after, err := s.cursors.decode(c.User, cmd.After)
	if err != nil {
		return found, err
	}
	zone, err := wire.Zone(cmd.Zone)
	if err != nil {
		return found, err
	}
	if err := s.cfg.Log.Spend(c.User, 0); err != nil {
		return found, err
	}
	release, err := s.turn(ctx, c.User)
	if err != nil {
		return found, err
	}
	defer release()
	if err := s.cfg.Log.Spend(c.User, 0); err != nil { // the searches before it have been charged since
		return found, err
	}
	until := time.Now().Add(longest)
	scope, err := s.cfg.Log.Scope(ctx, c.User)
	if err != nil {
		return found, err
	}
	defer func() { err = errors.Join(err, scope.Close()) }()
	if cmd.Channel != "" { // a refusal, as everywhere
		if _, err := scope.Channel(cmd.Channel); err != nil {
			return found, err
		}
	}
	q := query.Parse(cmd.Query)
	now := s.cfg.now().In(zone)
	names, err := s.resolve(ctx, c.User, scope, q, cmd.Channel)
	if err != nil {
		return found, err
	}
	found, err = s.ask(ctx, scope, index.Request{
		Query: q, Now: now, User: c.User, Channels: names.channels, From: names.from, NotFrom: names.notFrom,
		Best: cmd.By == wire.ByRelevance, Limit: wire.HitLimit(cmd.Limit), After: after, Count: true, Budget: index.Budget{Until: until},
	})
	found.AtLeast = found.AtLeast || names.cut
	return found, err
}

// turn waits for a user's turn to search. First it waits until the view has the events that clients
// have seen, so that no search keeps a place while this node is behind.
func (s *Search) turn(ctx context.Context, user string) (release func(), err error) {
	if err := s.cfg.Log.AwaitShown(ctx); err != nil {
		return nil, err
	}
	return s.turns.take(ctx, user)
}

// spend counts work that was done for a user, if there was any.
func (s *Search) spend(user string, work int) error {
	if work == 0 {
		return nil
	}
	return s.cfg.Log.Spend(user, work)
}

// ask asks the index, and describes the hits.
func (s *Search) ask(ctx context.Context, scope Scope, req index.Request) (found wire.Found, err error) {
	found.Hits = []wire.Hit{}
	from := newSource(scope, s.cfg.Log.HasLink, s.content, req.Query)
	page, building, err := s.page(ctx, req, from)
	if found.Rebuilding = building; errors.Is(err, errNone) {
		return found, nil
	}
	if page.Faults != nil {
		s.cfg.Logger.ErrorContext(ctx, "a message that was found could not be read", "component", "search", "error", page.Faults)
	}
	if err = errors.Join(err, from.err, s.spend(req.User, page.Work)); err != nil {
		return found, err
	}
	if found.Next, err = s.cursors.encode(req.User, page.Next); err != nil {
		return found, err
	}
	found.Count, found.AtLeast = page.Count, page.AtLeast || building != nil
	return found, s.list(&found, req.User, scope, page.Hits)
}

// list adds the hits of a page to an answer, until that is large. The next page goes on there.
func (s *Search) list(found *wire.Found, user string, scope Scope, hits []index.Hit) error {
	var page room
	for i := range hits {
		hit, err := s.describe(user, scope, &hits[i])
		if err != nil {
			return err
		}
		if hit == nil {
			continue
		}
		fits, err := page.takes(found.Hits, hit)
		if err != nil {
			return fmt.Errorf("judge a hit: %w", err)
		}
		if !fits && len(found.Hits) > 0 {
			found.Next = found.Hits[len(found.Hits)-1].Next
			return nil
		}
		found.Hits = append(found.Hits, *hit)
	}
	return nil
}

// errNone says that there is no index for now.
var errNone = errors.New("there is no search index yet")

// page asks the best edition that there is. If that is replaced meanwhile, it asks the next one.
func (s *Search) page(ctx context.Context, req index.Request, from *source) (page index.Page, building *wire.Rebuilding, err error) {
	for range 2 {
		use, next := s.editions()
		building = rebuilding(use, next)
		if use == nil {
			return page, building, errNone
		}
		page, err = use.index.Search(ctx, req, from, s.split)
		if errors.Is(err, index.ErrDamaged) {
			use.breaks(err)
		} else if !errors.Is(err, index.ErrClosed) {
			return page, building, err
		}
	}
	return page, building, fmt.Errorf("%w: %w", wire.Errorf(wire.CodeUnavailable, "the search index is being replaced; retry"), err)
}

// describe returns a hit as the message is now, or nil if it is gone.
func (s *Search) describe(user string, scope Scope, h *index.Hit) (*wire.Hit, error) {
	m, err := scope.Message(h.Channel, h.Seq)
	if m == nil || err != nil {
		return nil, err
	}
	next, err := s.cursors.encode(user, &h.Cursor)
	if err != nil {
		return nil, err
	}
	fields := ownFields(m)
	if len(h.Spans) > len(fields) { // texts of files were looked at too
		fields = append(fields, fileFields(m, s.content)...)
	}
	return &wire.Hit{
		Channel: h.Channel, Seq: h.Seq, ID: m.ID, Sender: m.Sender, Timestamp: m.Timestamp, Edited: m.Edited, Content: *m.Content,
		Highlights: highlights(fields, h.Spans), Excerpts: excerpts(fields, h.Spans), Next: next,
	}, nil
}

package node

import (
	"context"
	"time"

	"natterjack/jetstream"
	"natterjack/jetstream/feed"
	"natterjack/jetstream/operation"
	"natterjack/search"
	intake "natterjack/server/internal/media"
	"natterjack/server/wire"
)

// searching is the part that finds messages. It is empty if search is off.
type searching struct {
	search *search.Search

	part *part
}

// openSearch starts the part that answers searches. It waits for nothing: an index is opened, or
// built, beside everything else.
func (r *running) openSearch(ctx context.Context) {
	to := r.log.Operations()
	if r.cfg.Search.Off {
		refuseSearch(to)
		return
	}
	cfg := search.Config{Dir: r.dir.Search(), Epoch: r.log.Epoch(), Key: r.log.Derive(search.CursorLabel), Log: searched{r.log}, Logger: r.base}
	if r.media.store != nil {
		cfg.File = func(ctx context.Context, media string, size int64, most int) ([]byte, error) {
			return intake.Beginning(ctx, r.media.store, media, size, most)
		}
		cfg.Storage = r.media.store.Err
	}
	s := search.New(cfg)
	operation.Handle(to, func(ctx context.Context, c operation.Caller, cmd wire.Search) (wire.Found, error) {
		return s.Search(ctx, search.Caller(c), cmd)
	})
	operation.Handle(to, func(ctx context.Context, c operation.Caller, cmd wire.Find) (wire.Matches, error) {
		return s.Find(ctx, search.Caller(c), cmd)
	})
	r.searching.search = s
	r.searching.part = begin(ctx, "search", r.failed, s.Run)
}

// refuseSearch answers searches on a node without an index.
func refuseSearch(to *operation.Table) {
	refused := wire.Errorf(wire.CodeUnavailable, "search is off on this server; its operator can turn it on")
	operation.Handle(to, func(context.Context, operation.Caller, wire.Search) (wire.Found, error) {
		return wire.Found{}, refused
	})
	operation.Handle(to, func(context.Context, operation.Caller, wire.Find) (wire.Matches, error) {
		return wire.Matches{}, refused
	})
}

// endSearch ends the search, before the log that it is fed by.
func (r *running) endSearch(ctx context.Context) error { return endPart(ctx, r.searching.part) }

// searched is the log as search uses it.
type searched struct{ *jetstream.Log }

// Scope implements [search.Log].
func (s searched) Scope(ctx context.Context, user string) (search.Scope, error) {
	scope, err := s.Log.Scope(ctx, user)
	if err != nil {
		return nil, err
	}
	return scope, nil
}

// Feed implements [search.Log].
func (s searched) Feed(to search.Sink, rest func(worked time.Duration)) search.Feed {
	return s.Log.Feed(feed.Config{Name: "search", Kinds: search.Kinds(), Void: search.Void(), Sink: to, Rest: rest})
}

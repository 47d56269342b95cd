package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	natter "natterjack/clients/go"
	"natterjack/internal/bench/internal/pause"
	"natterjack/internal/bench/internal/proc"
)

const (
	indexedRate = 5000 // messages a second, of which the index's part of the CPU is measured
	markers     = 64   // enough for one in each shard
	markerLimit = 5 * time.Minute
)

// indexed measures which part of the CPU of a message between two users its index takes: of two
// servers with the same load in turn, one has search turned off. The index may be behind when the
// load ends, so all that the server uses counts until the index has everything. The CPU of the
// server without an index is counted for as long. A server that is short of CPU commits larger
// batches, which saves more than the index takes: then the difference says nothing. The CPU of
// rebuilding the index afterwards, on the idle server, does.
func indexed(ctx context.Context, r *rig) (results []result, err error) {
	with, err := r.startSearch(ctx, false)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, with.stop()) }()
	off, err := r.startSearch(ctx, true)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, off.stop()) }()
	all, err := r.repeat("search, share of the CPU", func(i int, f *figures) error { return r.share(ctx, with, off, i, f) })
	if err != nil {
		return nil, err
	}
	return []result{{Name: "search-share", Value: of(all, "share"), Unit: "% of the CPU", Bare: math.NaN(), More: without(all, "share")}}, nil
}

// startSearch starts a server that is alone, with search or without.
func (r *rig) startSearch(ctx context.Context, off bool) (servers, error) {
	c, err := r.configure()
	if err != nil {
		return nil, err
	}
	if off {
		c.Search = "off: true"
	}
	m, err := r.member(c)
	if err != nil {
		return nil, err
	}
	return r.startAlone(ctx, m)
}

// share runs the load on both servers.
func (r *rig) share(ctx context.Context, with, without servers, i int, f *figures) (err error) {
	run := fmt.Sprintf("r%d", i)
	c, done, err := with[0].looker(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, done()) }()
	on, err := r.spend(with, func() error {
		if err := (&talk{rig: r, servers: with}).ours(ctx, f, "", run, indexedRate); err != nil {
			return err
		}
		return awaitMarkers(ctx, c, "marker"+run)
	})
	if err != nil {
		return err
	}
	alone, err := r.spend(with, func() error {
		if err := orderIndex(ctx, with[0]); err != nil {
			return err
		}
		return awaitIndex(ctx, c)
	})
	if err != nil {
		return err
	}
	off, err := r.spend(without, func() error {
		end := time.Now().Add(on.Elapsed)
		if err := (&talk{rig: r, servers: without}).ours(ctx, f, "off_", run, indexedRate); err != nil {
			return err
		}
		return pause.For(ctx, time.Until(end))
	})
	if err != nil {
		return err
	}
	messages := int(indexedRate * (r.cmd.WarmUp + r.cmd.Time).Seconds())
	index := perHundredThousand(on.Of(with.pids()...)-off.Of(without.pids()...), messages)
	rebuilt := perHundredThousand(alone.Of(with.pids()...), messages*(i+1)) // the messages of earlier runs too
	message := of(f.all, "off_cpu_s_per_100k")
	f.add("index_cpu_s_per_100k", index)
	f.add("rebuilt_cpu_s_per_100k", rebuilt)
	f.add("rebuilt_share", 100*rebuilt/(rebuilt+message))
	f.add("until_found_s", on.Elapsed.Seconds())
	f.add("share", 100*index/(index+message))
	return nil
}

// spend counts the CPU that servers use while do runs.
func (r *rig) spend(s servers, do func() error) (usage proc.Usage, err error) {
	window, err := proc.Begin(s.pids()...)
	if err != nil {
		return usage, err
	}
	if err := do(); err != nil {
		return usage, err
	}
	return window.End()
}

// awaitMarkers sends messages to many users, and waits until a search finds all of them. An index
// takes in the messages of a shard in order, so it has everything then that was sent before.
func awaitMarkers(ctx context.Context, c *natter.Client, word string) error {
	for i := range markers {
		if _, err := c.SendTo(ctx, fmt.Sprint("marked", i), "the toads are loud "+word); err != nil {
			return err
		}
	}
	ctx, cancel := context.WithTimeout(ctx, markerLimit)
	defer cancel()
	return lookUntil(ctx, func() (bool, error) {
		page, err := c.Search(ctx, natter.Query{Text: `"` + word + `"`, Limit: markers})
		return len(page.Hits) == markers, err
	})
}

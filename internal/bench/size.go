package main

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"time"

	"natterjack/internal/bench/internal/proc"
)

const (
	sizeMessages  = 12   // of each channel
	sizeLast      = 2    // of them, with which the fill ends: those that the view is timed with
	sizeRate      = 1000 // sends a second
	emptyChannels = 1000 // of a log with next to nothing in it, each with a message
)

// size measures what a large log costs: how long a send to a channel chosen at random waits for its ack, which is of an idle channel
// then, whatever that has to be read for; how fast the view applies events once it is as large; and what memory and files hold.
// In place of a bare engine there is the same server with next to nothing in its log.
func size(ctx context.Context, r *rig) ([]result, error) {
	full, err := r.fillInParts(ctx, r.cmd.Size)
	if err != nil {
		return nil, err
	}
	empty, err := r.fixture(ctx, emptyChannels, 1)
	if err != nil {
		return nil, err
	}
	found, err := r.repeat("size", func(i int, f *figures) error {
		return inTurn(ctx,
			func(ctx context.Context) error { return newSizeRun(r, f, "", full.fixture, i).measure(ctx) },
			func(ctx context.Context) error { return newSizeRun(r, f, "empty_", empty, i).measure(ctx) })
	})
	if err != nil {
		return nil, err
	}
	// Of the full log, blocks are compressed meanwhile: what the sends have added cannot be told.
	more := append(without(found, "ack_p99_ms", "empty_ack_p99_ms", "sent_b_per_message"), full.filled.metrics()...)
	return []result{{
		Name: "size", Value: of(found, "ack_p99_ms"), Unit: "ms ack p99", Bare: of(found, "empty_ack_p99_ms"),
		More: append(more, metric{"channels", float64(full.Channels)}, metric{"messages", float64(full.Channels * full.Messages)}),
	}}, nil
}

// filled is what was found while a store was filled. It is kept with the store.
type filled struct {
	ApplyPerS       float64 // events that the view applied in a second at the end of the fill
	FillResidentMiB float64 // of the server, having applied them
	StreamBytes     float64 // of a message, in the log's files
	ViewBytes       float64 // of a message, in the view's files: with all that belongs to its channel
}

func (f filled) metrics() []metric {
	return []metric{
		{"apply_per_s", f.ApplyPerS},
		{"fill_resident_mib", f.FillResidentMiB},
		{"stream_b_per_message", f.StreamBytes},
		{"view_b_per_message", f.ViewBytes},
	}
}

// sized is a store filled for [size].
type sized struct {
	fixture
	filled
}

// fillInParts fills a store but for its channels' last messages, has the server make its view, and then does the same with
// those: what the second part takes is what events cost a view that is large already.
func (r *rig) fillInParts(ctx context.Context, channels int) (s sized, err error) {
	if s.fixture, err = r.place("size", channels, sizeMessages); err != nil {
		return s, err
	}
	if known, err := os.ReadFile(s.mark()); err == nil {
		return s, json.Unmarshal(known, &s.filled)
	}
	var before, after int64
	var timed, level time.Duration
	err = inTurn(ctx,
		func(ctx context.Context) error { return r.fill(ctx, s.fixture, 0, sizeMessages-sizeLast) },
		func(ctx context.Context) (err error) { _, err = r.level(ctx, s.fixture, nil); return err },
		func(context.Context) (err error) { before, err = s.streamBytes(); return err },
		func(ctx context.Context) error { return r.fill(ctx, s.fixture, sizeMessages-sizeLast+1, sizeMessages) },
		func(context.Context) (err error) { after, err = s.streamBytes(); return err },
		func(ctx context.Context) (err error) {
			timed, err = r.level(ctx, s.fixture, &s.FillResidentMiB)
			return err
		},
		func(ctx context.Context) (err error) { level, err = r.level(ctx, s.fixture, nil); return err })
	if err != nil {
		return s, err
	}
	view, err := sizeOf(filepath.Join(s.dir, viewDir))
	if err != nil {
		return s, err
	}
	last := channels * sizeLast
	s.ApplyPerS = perSecond(last, timed-level)
	s.StreamBytes = float64(after-before) / float64(last)
	s.ViewBytes = float64(view) / float64(channels*sizeMessages)
	text, err := json.Marshal(s.filled)
	if err != nil {
		return s, err
	}
	return s, os.WriteFile(s.mark(), text, 0o600)
}

// level starts the server on a store, which is until its view has applied what it lacked, and stops it. It returns how long
// the start took, and tells what the process held then.
func (r *rig) level(ctx context.Context, f fixture, residentMiB *float64) (took time.Duration, err error) {
	err = r.visit(ctx, f, func(n node) error {
		took = n.proc.Took()
		if residentMiB == nil {
			return nil
		}
		resident, err := proc.Resident(n.proc.PID)
		*residentMiB = float64(resident) / (1 << 20)
		return err
	})
	return took, err
}

// streamBytes is what the log holds in its files of messages.
func (f fixture) streamBytes() (n int64, err error) {
	dir := filepath.Join(f.dir, "jetstream", "CHAT", "streams")
	err = filepath.WalkDir(dir, func(path string, entry os.DirEntry, err error) error {
		if err != nil || filepath.Ext(path) != ".blk" {
			return err
		}
		info, err := entry.Info()
		if err == nil {
			n += info.Size()
		}
		return err
	})
	return n, err
}

package main

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"time"

	"natterjack/internal/bench/internal/pause"
	"natterjack/internal/bench/internal/proc"
)

const (
	sizeMessages = 12 // in each channel
	// sizeLast is how many of them the fill writes last. The view is timed with these.
	sizeLast      = 2
	sizeRate      = 1000 // sends a second
	emptyChannels = 1000 // channels of a log with next to nothing in it, with a message each
)

// size measures the cost of a large log. It measures how long a send to a random channel waits
// for its ack; such a channel is idle, and its state has to be read first. It measures how fast
// the view applies events once it is that large, and how much memory and disk are used. In
// place of a bare engine there is the same server with next to nothing in its log. The index is
// built, and the view's files are merged, before the sends begin.
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
	// The bytes that the sends added to the full log cannot be told, because its blocks are
	// compressed meanwhile.
	more := append(without(found, "ack_p99_ms", "empty_ack_p99_ms", "sent_b_per_message"), full.filled.metrics()...)
	return []result{{
		Name: "size", Value: of(found, "ack_p99_ms"), Unit: "ms ack p99", Bare: of(found, "empty_ack_p99_ms"),
		More: append(more, metric{"channels", float64(full.Channels)}, metric{"messages", float64(full.Channels * full.Messages)}),
	}}, nil
}

// filled holds the figures that were found while a store was filled. It is kept with the store.
type filled struct {
	// ApplyPerS is how many events the view applied in a second at the end of the fill.
	ApplyPerS float64
	// FillResidentMiB is the memory of the server after it has applied them.
	FillResidentMiB float64
	StreamBytes     float64 // for each message, in the log's files
	ViewBytes       float64 // for each message and its channel, in the view's files
	// SettleS is how many seconds the server then needed until it had indexed all messages and
	// merged its files.
	SettleS    float64
	IndexBytes float64 // for each message, in the index's files
	// SettledResidentMiB is the memory of the server after that.
	SettledResidentMiB float64
}

func (f filled) metrics() []metric {
	return []metric{
		{"apply_per_s", f.ApplyPerS},
		{"fill_resident_mib", f.FillResidentMiB},
		{"stream_b_per_message", f.StreamBytes},
		{"view_b_per_message", f.ViewBytes},
		{"settle_s", f.SettleS},
		{"index_b_per_message", f.IndexBytes},
		{"settled_resident_mib", f.SettledResidentMiB},
	}
}

// sized is a store that was filled for [size].
type sized struct {
	fixture
	filled
}

// fillInParts fills a store except for the last messages of its channels, and has the server build
// its view. Then it does the same with the last messages. The time of the second part shows the
// cost of events in a view that is already large. At last the server does all the work that is
// left, as the server of a log that grew over months has done it.
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
	last := channels * sizeLast
	s.ApplyPerS = perSecond(last, timed-level)
	s.StreamBytes = float64(after-before) / float64(last)
	if s.ViewBytes, err = s.perMessage(viewDir); err != nil {
		return s, err
	}
	if err := r.settled(ctx, &s); err != nil {
		return s, err
	}
	text, err := json.Marshal(s.filled)
	if err != nil {
		return s, err
	}
	return s, os.WriteFile(s.mark(), text, 0o600)
}

// perMessage returns how many bytes a directory of a filled store takes for each message.
func (s *sized) perMessage(dir string) (float64, error) {
	n, err := sizeOf(filepath.Join(s.dir, dir))
	return float64(n) / float64(s.Channels*s.Messages), err
}

// level starts the server on a store and stops it again. A start ends when the view has applied
// the missing events. level returns how long the start took, and stores the memory of the
// process in residentMiB. Nothing but the view works on the log meanwhile: the server has neither
// an index nor push.
func (r *rig) level(ctx context.Context, f fixture, residentMiB *float64) (took time.Duration, err error) {
	config, err := r.logOnly()
	if err != nil {
		return 0, err
	}
	err = r.visitWith(ctx, f, config, func(n node) error {
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

// settled has the server do what is left to do, and notes what that takes.
func (r *rig) settled(ctx context.Context, s *sized) error {
	r.say("size: until the server has indexed all messages and merged its files")
	if err := r.visit(ctx, s.fixture, func(n node) error {
		began := time.Now()
		if err := rests(ctx, n.proc.PID); err != nil {
			return err
		}
		s.SettleS = time.Since(began).Seconds()
		resident, err := proc.Resident(n.proc.PID)
		s.SettledResidentMiB = float64(resident) / (1 << 20)
		return err
	}); err != nil {
		return err
	}
	var err error
	s.IndexBytes, err = s.perMessage(searchDir)
	return err
}

// rests waits until a process has used less than a tenth of a core for some seconds.
func rests(ctx context.Context, pid int) error {
	const look, most, restful = time.Second, time.Second / 10, 5 * time.Second
	var before time.Duration
	for since := time.Now(); time.Since(since) < restful; {
		used, err := proc.CPU(pid)
		if err != nil {
			return err
		}
		if used-before >= most {
			since = time.Now()
		}
		before = used
		if err := pause.For(ctx, look); err != nil {
			return err
		}
	}
	return nil
}

// streamBytes returns the size of the log's message files.
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

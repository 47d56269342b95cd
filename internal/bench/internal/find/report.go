package find

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"time"

	"natterjack/internal/bench/internal/proc"
)

// Kinds are the kinds of queries, and Spreads in how many channels each is asked.
var (
	Kinds   = []string{"rare", "common", "cjk", "phrase", "prefix", "infix"}
	Spreads = []int{1, 20, 500}
)

// Engines are the engines that can be measured: our index, and SQLite's with two of its tokenizers.
var Engines = []string{"ours", "unicode61", "trigram"}

// Least is the fewest messages that can be measured.
const Least = 2000

// queriesOf returns how many queries of each kind are asked in a log of so many messages. Below
// the default size no figure counts, only that there is one.
func queriesOf(messages int) int { return min(max(messages/1000, 20), 100) }

// Spec names the engine to measure, and with how many messages.
type Spec struct {
	Engine   string
	Dir      string // empty
	Messages int
}

// Answer is how long the queries of one kind took in so many channels.
type Answer struct {
	Kind         string
	Channels     int
	P50, P99     float64 // milliseconds
	CPU50, CPU99 float64 // the same of processor time
	Hits         int     // on all first pages
}

// Report has the figures that were measured.
type Report struct {
	Rate     float64 // messages for each second of processor time
	Fill     float64 // seconds
	Settle   float64 // seconds until the last merge has ended
	Bytes    float64 // for each message
	Resident float64 // MiB after the fill and the queries, of which the files that are mapped are a part
	Heap     float64 // MiB
	Answers  []Answer
	Idle     Answer // of all kinds, in 20 channels, one after another
	Busy     Answer // the same while messages are added, a thousand a second
}

// limit is how many hits are asked for.
const limit = 20

// Run fills an index and asks it.
func Run(ctx context.Context, s Spec) (report Report, err error) {
	c := newConversation(s.Messages)
	e, err := open(ctx, s, c)
	if err != nil {
		return Report{}, err
	}
	defer func() { err = errors.Join(err, e.Close()) }()
	began := time.Now()
	used, err := fill(ctx, e, c, 0, s.Messages)
	if err != nil {
		return Report{}, err
	}
	report.Rate, report.Fill = float64(s.Messages)/used.Seconds(), time.Since(began).Seconds()
	if report.Settle, err = settle(ctx, e); err != nil {
		return Report{}, err
	}
	for _, kind := range Kinds {
		for _, spread := range Spreads {
			a, err := ask(ctx, e, c.Queries(kind, queriesOf(s.Messages)), spread)
			if err != nil {
				return Report{}, fmt.Errorf("%s in %d channels: %w", kind, spread, err)
			}
			a.Kind = kind
			report.Answers = append(report.Answers, a)
		}
	}
	if report.Idle, report.Busy, err = besides(ctx, e, c); err != nil {
		return Report{}, fmt.Errorf("while messages are added: %w", err)
	}
	return report, report.weigh(s)
}

func open(ctx context.Context, s Spec, c conversation) (engine, error) {
	switch s.Engine {
	case "ours":
		return openOurs(filepath.Join(s.Dir, "index"), c)
	case "unicode61", "trigram":
		return openSQLite(ctx, filepath.Join(s.Dir, "index.db"), s.Engine)
	default:
		return nil, fmt.Errorf("no engine %q", s.Engine)
	}
}

// ask asks each query once before it counts, as a user who types does.
func ask(ctx context.Context, e engine, queries []string, spread int) (a Answer, err error) {
	a.Channels = spread
	var wall, used []time.Duration
	for i, q := range queries {
		in := chosen(i, spread)
		for try := range 2 {
			began, before := time.Now(), cpu()
			hits, err := e.newest(ctx, q, in, limit)
			if err != nil {
				return a, fmt.Errorf("%s: %w", q, err)
			}
			if try == 1 {
				wall, used = append(wall, time.Since(began)), append(used, cpu()-before)
				a.Hits += hits
			}
		}
	}
	a.P50, a.P99 = percentiles(wall)
	a.CPU50, a.CPU99 = percentiles(used)
	return a, nil
}

func percentiles(of []time.Duration) (p50, p99 float64) {
	slices.Sort(of)
	at := func(p int) float64 { return float64(of[min(len(of)*p/100, len(of)-1)].Microseconds()) / 1000 }
	return at(50), at(99)
}

// weigh adds how much disk and memory the index takes.
func (r *Report) weigh(s Spec) error {
	n, err := bytesIn(s.Dir)
	if err != nil {
		return err
	}
	r.Bytes = float64(n) / float64(s.Messages)
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	resident, err := proc.Resident(os.Getpid())
	r.Heap, r.Resident = float64(m.HeapAlloc)/(1<<20), float64(resident)/(1<<20)
	return err
}

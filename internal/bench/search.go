package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"

	"natterjack/internal/bench/internal/find"
)

const (
	roleSearcher = "searcher"
	ownEngine    = "ours"
)

// search measures an index of messages, each engine in a process of its own: how long the newest 20
// hits take in 1, 20 and 500 channels of 2,000, for queries of each kind, and how much it costs to
// index and keep a message. Bare, SQLite's full-text index does the same with the same texts. One
// of its two tokenizers finds no parts of words. The other finds no words of one or two characters.
// So each is measured only for the kinds of queries that it answers.
func search(ctx context.Context, r *rig) ([]result, error) {
	reports := map[string]find.Report{}
	for _, engine := range find.Engines {
		r.say("search: %s with %d messages", engine, r.cmd.Messages)
		report, err := r.search(ctx, engine)
		if err != nil {
			return nil, fmt.Errorf("search with %s: %w", engine, err)
		}
		reports[engine] = report
	}
	ours := reports[ownEngine]
	results := []result{indexing(r.cmd.Messages, reports)}
	for i, a := range ours.Answers {
		results = append(results, answers(a, i, reports))
	}
	return results, nil
}

// search runs an engine in a process and returns its report.
func (r *rig) search(ctx context.Context, engine string) (report find.Report, err error) {
	dir, err := r.newDir("search")
	if err != nil {
		return report, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	self, err := os.Executable()
	if err != nil {
		return report, err
	}
	var out bytes.Buffer
	p := exec.CommandContext(ctx, self, "--role", roleSearcher, "--engine", engine, "--fixture", dir, "--messages", strconv.Itoa(r.cmd.Messages))
	p.Stdout, p.Stderr = &out, r.log
	if err := p.Run(); err != nil {
		return report, err
	}
	return report, json.Unmarshal(out.Bytes(), &report)
}

// serveSearch runs the process of a search engine.
func (c *Cmd) serveSearch(ctx context.Context, out *json.Encoder) error {
	report, err := find.Run(ctx, find.Spec{Engine: c.Engine, Dir: c.Fixture, Messages: c.Messages})
	if err != nil {
		return err
	}
	return out.Encode(report)
}

func indexing(messages int, reports map[string]find.Report) result {
	ours, other := reports[ownEngine], reports["trigram"]
	more := []metric{{"messages", float64(messages)}}
	for _, engine := range find.Engines {
		of := reports[engine]
		prefix := engine + "_"
		if engine == ownEngine {
			prefix = ""
		}
		more = append(more, metric{prefix + "bytes_each", of.Bytes}, metric{prefix + "per_cpu_s", of.Rate},
			metric{prefix + "fill_s", of.Fill}, metric{prefix + "resident_mib", of.Resident}, metric{prefix + "heap_mib", of.Heap})
	}
	more = append(more, metric{"settle_s", ours.Settle}, metric{"busy_p50_ms", ours.Busy.P50}, metric{"busy_p99_ms", ours.Busy.P99}, metric{"idle_p99_ms", ours.Idle.P99})
	return result{Name: "search-index", Value: ours.Rate, Unit: "messages/CPU-s", Bare: other.Rate, Higher: true, More: more}
}

func answers(a find.Answer, i int, reports map[string]find.Report) result {
	bare := reports["unicode61"].Answers[i]
	if a.Kind == "infix" || a.Kind == "cjk" {
		bare = reports["trigram"].Answers[i]
	}
	return result{
		Name: fmt.Sprintf("search-%s-%d", a.Kind, a.Channels), Value: a.P50, Unit: "ms p50", Bare: bare.P50,
		More: []metric{
			{"p99_ms", a.P99},
			{"bare_p99_ms", bare.P99},
			{"cpu_p50_ms", a.CPU50},
			{"cpu_p99_ms", a.CPU99},
			{"hits", float64(a.Hits)},
			{"bare_hits", float64(bare.Hits)},
		},
	}
}

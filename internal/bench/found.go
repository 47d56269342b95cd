package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"sync"
	"time"

	natter "natterjack/clients/go"
	"natterjack/internal/bench/internal/load"
	"natterjack/internal/bench/internal/proc"
)

const (
	foundRate    = 200 // messages a second of others
	foundTalkers = 100
	foundPolling = 5 * time.Millisecond // between two searches for the same message
	foundPause   = 50 * time.Millisecond
	foundLimit   = 10 * time.Second
)

// found measures the time from the moment when a message is sent until another user's search finds
// it, while others send. There is no bare engine to compare it with.
func found(ctx context.Context, r *rig) (results []result, err error) {
	servers, err := r.startServers(ctx, 1)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, servers.stop()) }()
	f := &foundRun{rig: r, servers: servers}
	if err := f.prepare(ctx); err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.close()) }()
	all, err := r.repeat("search, found", func(i int, fig *figures) error { return f.measure(ctx, i, fig) })
	if err != nil {
		return nil, err
	}
	return []result{{Name: "search-found", Value: of(all, "p99_ms"), Unit: "ms p99", Bare: math.NaN(), More: without(all, "p99_ms")}}, nil
}

// foundRun holds the users of this benchmark: some who talk, one who sends, and one who searches.
type foundRun struct {
	*rig
	servers          servers
	clock            load.Clock
	talkers          *load.Fleet
	sender, searcher *natter.Client
	running          sync.WaitGroup
}

func (f *foundRun) prepare(ctx context.Context) (err error) {
	members, err := f.servers.pairs(ctx, "found", foundTalkers)
	if err != nil {
		return err
	}
	f.clock = load.NewClock()
	f.talkers = load.NewFleet(ctx, "found", f.clock, true)
	if err := f.talkers.Connect(members); err != nil {
		return err
	}
	if f.sender, err = f.client("sender"); err != nil {
		return err
	}
	if f.searcher, err = f.client("searcher"); err != nil {
		return err
	}
	return f.talkers.Prime(foundTalkers)
}

func (f *foundRun) client(user string) (*natter.Client, error) {
	n := f.servers[0]
	c, err := natter.New(natter.Options{URLs: []string{n.base}, Tokens: natter.SignIn{User: user, URLs: []string{n.base}, Data: n.signIn}})
	if err != nil {
		return nil, err
	}
	f.running.Go(func() { _ = c.Run(context.Background()) }) // its calls return the error too
	return c, nil
}

func (f *foundRun) close() error {
	err := errors.Join(f.sender.Close(), f.searcher.Close(), f.talkers.Close())
	f.running.Wait()
	return err
}

// measure sends messages, one after another, and searches for each until it is found.
func (f *foundRun) measure(ctx context.Context, run int, fig *figures) error {
	window, err := proc.Begin(f.servers.pids()...)
	if err != nil {
		return err
	}
	var pacing sync.WaitGroup
	var paced error
	pacing.Go(func() { paced = f.talkers.Pace(foundTalkers, foundRate, f.clock.Now(), f.cmd.Time) })
	var took load.Samples
	for end := time.Now().Add(f.cmd.Time); time.Now().Before(end) && err == nil; <-time.After(foundPause) {
		var d time.Duration
		d, err = f.one(ctx, fmt.Sprintf("w%dn%d", run, len(took)))
		took = append(took, d)
	}
	pacing.Wait()
	usage, ended := window.End()
	if err := errors.Join(err, paced, ended, f.talkers.Drain()); err != nil {
		return err
	}
	fig.addLatency("", took)
	fig.add("messages", float64(len(took)))
	fig.addOthers("", usage)
	return nil
}

// one sends a message with a word of its own, and returns how long it took until it was found.
func (f *foundRun) one(ctx context.Context, word string) (time.Duration, error) {
	began := time.Now()
	ack, err := f.sender.SendTo(ctx, "searcher", "the toads are loud "+word)
	if err != nil {
		return 0, err
	}
	for time.Since(began) < foundLimit {
		page, err := f.searcher.Search(ctx, natter.Query{Text: `"` + word + `"`, Limit: 1})
		if err != nil {
			return 0, err
		}
		if len(page.Hits) == 1 && page.Hits[0].Seq == ack.Seq {
			return time.Since(began), nil
		}
		<-time.After(foundPolling)
	}
	return 0, fmt.Errorf("message %d is not found after %v", ack.Seq, foundLimit)
}

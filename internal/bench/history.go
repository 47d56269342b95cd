package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/url"
	"time"

	"natterjack/internal/bench/internal/load"
	"natterjack/internal/bench/internal/proc"
	"natterjack/server/wire"
)

const (
	page      = 50  // messages; every channel has as many
	pagesRead = 500 // in one run, each of another channel
)

// history measures how long a page takes: the last 50 messages of a channel. The channels are
// chosen at random, and one member of each asks over their socket. Cold is the first time after
// a start, with none of the data in the kernel's cache. Warm is the same pages once more. Bare,
// JetStream alone reads the same 50 messages by their subject, cold and warm in the same way.
func history(ctx context.Context, r *rig) ([]result, error) {
	f, err := r.fixture(ctx, r.cmd.Channels, page)
	if err != nil {
		return nil, err
	}
	if err := r.visit(ctx, f, func(node) error { return nil }); err != nil { // builds the view
		return nil, err
	}
	found, err := r.repeat("history", func(i int, fig *figures) error {
		h := &historyRun{rig: r, f: fig, fixture: f, channels: sample(uint64(i), f.Channels, pagesRead)}
		return inTurn(ctx, h.ours, h.bare)
	})
	if err != nil {
		return nil, err
	}
	more := []metric{{"channels", float64(f.Channels)}, {"messages", float64(f.Channels * f.Messages)}}
	return []result{historyResult("cold", found, more), historyResult("warm", found, more)}, nil
}

func historyResult(state string, found, more []metric) result {
	for _, p := range []string{"p99_ms", "p999_ms"} {
		more = append(more, metric{p, of(found, state+"_"+p)}, metric{"bare_" + p, of(found, "bare_"+state+"_"+p)})
	}
	return result{
		Name: "history-" + state, Value: of(found, state+"_p50_ms"), Unit: "ms p50", Bare: of(found, "bare_"+state+"_p50_ms"),
		More: append(more, metric{"foreign_cores", of(found, "foreign_cores")}),
	}
}

// sample chooses k different numbers below n. The same seed gives the same numbers.
func sample(seed uint64, n, k int) []int {
	return rand.New(rand.NewPCG(seed, 0)).Perm(n)[:min(k, n)]
}

// historyRun is one run of the history benchmark.
type historyRun struct {
	*rig
	f        *figures
	fixture  fixture
	channels []int
}

func (h *historyRun) ours(ctx context.Context) error {
	if err := h.fixture.cool(); err != nil {
		return err
	}
	return h.visit(ctx, h.fixture, func(n node) (err error) {
		fleet, err := h.connect(ctx, n)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, fleet.Close()) }()
		return h.coldAndWarm("", n.proc.PID, func(i int) error { return askPage(ctx, fleet.Sessions[i]) })
	})
}

// connect opens a session of one member of each channel.
func (h *historyRun) connect(ctx context.Context, n node) (*load.Fleet, error) {
	at, err := url.Parse(n.base)
	if err != nil {
		return nil, err
	}
	users := make([]string, len(h.channels))
	for i, c := range h.channels {
		users[i], _ = h.fixture.Users(c)
	}
	frames, err := load.SignIn(ctx, n.base, n.signIn, users)
	if err != nil {
		return nil, err
	}
	members := make([]load.Member, len(users))
	for i, c := range h.channels {
		members[i] = load.Member{Addr: at.Host, Path: wire.PathWebSocket, Connect: frames[i], Channel: h.fixture.Channel(c)}
	}
	fleet := load.NewFleet(ctx, "h", load.NewClock(), true)
	if err := fleet.Connect(members); err != nil {
		return nil, errors.Join(err, fleet.Close())
	}
	return fleet, nil
}

// askPage asks for the last page of a session's channel and checks the reply.
func askPage(ctx context.Context, s *load.Session) error {
	command, err := wire.Append(nil, wire.History{Channel: s.Channel, Limit: page})
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	answer, err := s.Request(ctx, load.Text(command))
	if err != nil {
		return err
	}
	return load.CheckPage(answer, page)
}

func (h *historyRun) bare(ctx context.Context) (err error) {
	if err := h.fixture.cool(); err != nil {
		return err
	}
	engine, err := h.openStore(ctx, h.fixture, h.syncInterval())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, engine.close()) }()
	return h.coldAndWarm("bare_", engine.proc.PID, func(i int) error {
		return h.fixture.ReadLast(ctx, engine.conn, h.fixture.Channel(h.channels[i]), page)
	})
}

func (h *historyRun) coldAndWarm(prefix string, pid int, read func(i int) error) error {
	window, err := proc.Begin(pid)
	if err != nil {
		return err
	}
	for _, state := range []string{"cold_", "warm_"} {
		samples := make(load.Samples, len(h.channels))
		for i := range samples {
			began := time.Now()
			if err := read(i); err != nil {
				return fmt.Errorf("page of channel %d: %w", h.channels[i], err)
			}
			samples[i] = time.Since(began)
		}
		h.f.addLatency(prefix+state, samples)
	}
	usage, err := window.End()
	h.f.addOthers(prefix, usage)
	return err
}
